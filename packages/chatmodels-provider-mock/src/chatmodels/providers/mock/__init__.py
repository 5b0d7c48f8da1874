"""A mock provider for chatmodels: models that return scripted responses without a network."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.mock._model import MockChatModel
from chatmodels.providers.mock._provider import MockProvider
from chatmodels.providers.mock._reply import Reply
from chatmodels.providers.mock._script import MockCall

__all__ = ["MockCall", "MockChatModel", "MockProvider", "Reply"]

publish(globals())

register_provider(MockProvider())
