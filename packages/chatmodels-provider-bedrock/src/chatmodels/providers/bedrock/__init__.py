"""Amazon Bedrock for chatmodels: `create_chat_model("bedrock:us.amazon.nova-2-lite-v1:0")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.bedrock._blocks import part_options
from chatmodels.providers.bedrock._provider import PROVIDER

__all__ = ["PROVIDER", "part_options"]

publish(globals())

register_provider(PROVIDER)
