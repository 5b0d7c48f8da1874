"""Tracebacks of a model that cannot be created show no secret in the frames of the package."""

import traceback
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from chatmodels.core import ChatModelError, ConfigurationError
from chatmodels.core._registry.front import create_chat_model
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core._values.metadata import OptionSpec
from chatmodels.core.extending import StandardChatModel

KEY = "sk-never-to-be-seen"


@pytest.fixture
def registry(fake: Callable[..., Any]) -> ProviderRegistry:
    made = ProviderRegistry()
    token = OptionSpec(name="token", description="A second credential.", secret=True)
    made.register_provider(fake("acme", base_url="https://acme.test", options=(token,)))
    made.set_alias("fast", "acme:large")
    return made


def shown(error: BaseException) -> Iterator[str]:
    """Yield the local variables of all frames but those of the tests, as tools print them."""
    pending = [traceback.TracebackException.from_exception(error, capture_locals=True)]
    while pending:
        found = pending.pop()
        pending += [other for other in (found.__cause__, found.__context__) if other]
        for frame in found.stack:
            if "/tests/" not in frame.filename.replace("\\", "/"):
                yield from (frame.locals or {}).values()


SECRETS = [
    pytest.param({"api_key": KEY}, id="key"),
    pytest.param({"token": KEY}, id="secret option"),
    pytest.param({"headers": {"Authorization": f"Bearer {KEY}"}}, id="header"),
    pytest.param({"proxy": f"http://me:{KEY}@proxy.test"}, id="proxy"),
]


@pytest.mark.parametrize("secrets", SECRETS)
@pytest.mark.parametrize("spec", ["acme:large", "fast", "nobody:large", "acme:", "slow"])
@pytest.mark.parametrize("entry", ["function", "registry"])
def test_no_frame_shows_the_secrets_of_a_model_that_cannot_be_created(
    entry: str, spec: str, secrets: dict[str, Any], registry: ProviderRegistry
) -> None:
    create = {
        "registry": registry.create_chat_model,
        "function": partial(create_chat_model, registry=registry),
    }[entry]

    with pytest.raises(ChatModelError) as caught:
        create(spec, unknown=1, **secrets)

    assert not [text for text in shown(caught.value) if KEY in text]


@pytest.mark.parametrize("secrets", SECRETS)
def test_no_frame_shows_the_secrets_of_options_that_are_wrong(
    secrets: dict[str, Any], registry: ProviderRegistry
) -> None:
    with pytest.raises(ConfigurationError, match="unknown") as caught:
        registry.provider_options("acme", unknown=1, **secrets)

    assert not [text for text in shown(caught.value) if KEY in text]


def test_a_model_whose_constructor_has_not_run_has_a_repr() -> None:
    assert repr(StandardChatModel.__new__(StandardChatModel)) == "<StandardChatModel ?:?>"
