"""Pickles that earlier versions wrote still load."""

import pickle
from pathlib import Path

import pytest

from chatmodels.core import (
    ChatRequest,
    RateLimitError,
    Secret,
    Settings,
    Timeout,
    registry,
    set_alias,
    user,
)
from chatmodels.core.extending import ProviderOptions

KEPT = Path(__file__).parent / "kept"


@pytest.mark.filterwarnings("ignore:.*removed in 0.3")
@pytest.mark.parametrize("name", ["errors-0.pickle", "errors-1.pickle"])
def test_errors_options_and_requests_of_earlier_versions_load(name: str) -> None:
    error, options, secret, values = pickle.loads((KEPT / name).read_bytes())
    assert type(error) is RateLimitError
    assert (str(error), error.status, error.retry_after) == ("acme: slow down", 429, 2.5)
    assert error.partial.text == "Half"
    assert [str(each) for each in error.__cause__.exceptions][1] == "no route"
    assert (type(options), options.max_retries) == (ProviderOptions, 5)
    assert isinstance(secret, Secret)
    settings, timeout, request = values
    assert settings == Settings(temperature=0.5)
    assert (type(timeout), timeout.total) == (Timeout, 3.0)
    assert (type(request), request.messages) == (ChatRequest, (user("Hi"),))


def test_models_of_aliases_of_earlier_versions_load() -> None:
    set_alias("kept", "mock:echo")
    try:
        model = pickle.loads((KEPT / "alias.pickle").read_bytes())
        assert repr(model) == "<AliasedModel kept -> mock:echo>"
        assert model.generate("Hi").text == "Hi"
    finally:
        registry.remove_alias("kept")
