"""Cloudflare's models for chatmodels: `create_chat_model("cloudflare:@cf/openai/gpt-oss-120b")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.cloudflare._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
