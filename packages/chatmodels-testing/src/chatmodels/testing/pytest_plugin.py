"""The pytest plugin: fixtures for programs and providers that use chatmodels.

pytest imports this module in every run, so everything else is imported when a fixture is used.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# so that a failed check shows the compared values
pytest.register_assert_rewrite("chatmodels.testing.contract")

if TYPE_CHECKING:
    from chatmodels.core import ChatModel
    from chatmodels.testing._simulator import Simulator


@pytest.fixture
def simulator() -> "Iterator[Simulator]":
    """A simulated provider on loopback, new for each test; it starts within a millisecond."""
    from chatmodels.testing._simulator import Simulator

    with Simulator() as server:
        yield server


@pytest.fixture
def mock_model() -> "ChatModel":
    """An in-process chat model that returns the prompt; requires `chatmodels-provider-mock`.

    For other responses, create a `chatmodels.providers.mock.MockChatModel` with a script.
    """
    pytest.importorskip(
        "chatmodels.providers.mock", reason="needs: pip install chatmodels-provider-mock"
    )
    from chatmodels.core import create_chat_model

    return create_chat_model("mock:echo")
