"""Pickles of models name public modules only, so that private ones can move."""

import io
import pickle
from typing import Any

import pytest

from chatmodels.core import ChatModel
from chatmodels.providers.mock import MockChatModel
from vendors import VENDORS, model_of

# Pickles of structures name it: https://github.com/jcrist/msgspec
_MSGSPEC = "msgspec._utils"


class Recorder(pickle.Unpickler):
    """Unpickles, and records the modules that are named."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.modules: set[str] = set()

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        self.modules.add(module_name)
        return super().find_class(module_name, global_name)


@pytest.mark.parametrize("provider", [*VENDORS, "mock"])
def test_a_pickled_model_names_only_public_modules(provider: str) -> None:
    model = MockChatModel(responses=["One"]) if provider == "mock" else model_of(provider)
    recorder = Recorder(pickle.dumps(model))
    again = recorder.load()

    assert isinstance(again, ChatModel)
    assert [name for name in recorder.modules - {_MSGSPEC} if "._" in name] == []
