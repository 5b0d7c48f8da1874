"""Fireworks AI's models for chatmodels.

`create_chat_model("fireworks:accounts/fireworks/models/gpt-oss-120b")` creates one.
"""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.fireworks._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
