"""Models are listed by the name of their provider, in each sync and async form."""

import threading
import traceback
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModelError,
    ConfigurationError,
    ErrorCode,
    InternalError,
    ModelInfo,
    NetworkError,
    ProviderNotFoundError,
    Secret,
    UnsupportedError,
    alist_models,
    list_models,
)
from chatmodels.core.extending import (
    AsyncModelLister,
    OptionSpec,
    ProviderOptions,
    ProviderRegistry,
)

KEY = "sk-never-to-be-seen"
MODELS = (ModelInfo(name="large", provider="acme"), ModelInfo(name="small", provider="acme"))
LIST = "list_models"

Listed = Callable[..., Awaitable[list[ModelInfo]]]


@pytest.fixture
def acme(fake: Any) -> Any:
    """A provider with a listing, which notes the options and the thread of each call."""

    class Acme(fake):
        def __init__(self) -> None:
            key = OptionSpec(name="api_key", description="", env=("ACME_KEY",), secret=True)
            super().__init__("acme", models=MODELS, base_url="https://acme.test", options=(key,))
            self.asked: list[ProviderOptions] = []
            self.threads: list[int] = []
            self.error: Exception | None = None

        def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
            self.asked.append(options)
            self.threads.append(threading.get_ident())
            if self.error is not None:
                raise self.error
            return self.metadata.models

    return Acme()


@pytest.fixture
def async_acme(acme: Any) -> Any:
    """The same with a listing of its own for async callers."""

    async def alist(options: ProviderOptions, /) -> Sequence[ModelInfo]:
        return acme.list_models(options)

    acme.alist_models = alist
    return acme


@pytest.fixture
def registry(acme: Any) -> ProviderRegistry:
    made = ProviderRegistry()
    made.register_provider(acme)
    made.set_alias("fast", "acme:large")
    made.set_alias("faster", "fast")
    return made


@pytest.fixture(params=["sync", "async in a thread", "async"])
def listed(request: pytest.FixtureRequest, registry: ProviderRegistry) -> Listed:
    if request.param == "async":
        request.getfixturevalue("async_acme")

    async def run(name: Any, **options: Any) -> list[ModelInfo]:
        if request.param == "sync":
            return list_models(name, registry=registry, **options)
        return await alist_models(name, registry=registry, **options)

    return run


@pytest.mark.parametrize("name", ["acme", "fast", "faster", "acme:small"])
async def test_models_are_listed_by_provider_alias_and_spec(name: str, listed: Listed) -> None:
    assert await listed(name) == list(MODELS)


async def test_the_options_of_a_listing_are_those_of_a_model(
    listed: Listed, acme: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_KEY", "sk-env")

    await listed("fast", base_url="https://proxy.test/", timeout=7)

    (options,) = acme.asked
    assert (options.api_key, options.base_url) == (Secret("sk-env"), "https://proxy.test")
    assert options.timeout.total == 7


async def test_a_provider_comes_before_an_alias_of_its_name(
    listed: Listed, registry: ProviderRegistry, fake: Any
) -> None:
    registry.register_provider(fake("other"))
    registry.set_alias("acme", "other:large")

    assert await listed("acme") == list(MODELS)


async def test_only_a_listing_without_an_async_form_runs_in_a_thread(
    registry: ProviderRegistry, acme: Any
) -> None:
    await registry.alist_models("acme")
    assert not isinstance(acme, AsyncModelLister)

    async def alist(options: ProviderOptions, /) -> Sequence[ModelInfo]:
        return acme.list_models(options)

    acme.alist_models = alist
    await registry.alist_models("acme")

    assert isinstance(acme, AsyncModelLister)
    assert [thread == threading.get_ident() for thread in acme.threads] == [False, True]


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_a_listing_can_be_cancelled(
    anyio_backend: str, registry: ProviderRegistry, acme: Any
) -> None:
    async def alist(options: ProviderOptions, /) -> Sequence[ModelInfo]:
        await anyio.sleep_forever()
        raise AssertionError

    acme.alist_models = alist
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(registry.alist_models, "acme")
            await anyio.wait_all_tasks_blocked()
            scope.cancel()

    assert scope.cancelled_caught


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        pytest.param(
            UnsupportedError("acme does not list its models"),
            ErrorCode.UNSUPPORTED,
            "acme does not list its models",
            id="no listing",
        ),
        pytest.param(NetworkError("no route"), ErrorCode.NETWORK, "no route", id="network"),
        pytest.param(
            KeyError(KEY),
            ErrorCode.INTERNAL,
            "acme failed to list its models: KeyError; please report it to the maintainers of "
            "chatmodels-provider-acme",
            id="defect",
        ),
    ],
)
async def test_a_listing_that_fails_names_the_operation_and_the_provider(
    listed: Listed, acme: Any, error: Exception, code: ErrorCode, words: str
) -> None:
    acme.error = error

    with pytest.raises(ChatModelError) as caught:
        await listed("acme")

    found = caught.value
    assert (found.op, found.provider, found.code, found.message) == (LIST, "acme", code, words)
    assert (found is error) is not isinstance(found, InternalError)
    assert isinstance(found, InternalError) is (found.__cause__ is error)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        pytest.param("acne", ProviderNotFoundError, "did you mean 'acme'?", id="misspelt"),
        pytest.param("nobody:large", ProviderNotFoundError, "no provider named", id="spec"),
        pytest.param(
            None,
            ConfigurationError,
            "the name of a provider must be a str, as in 'openai', not None",
            id="None",
        ),
    ],
)
async def test_names_without_a_provider_are_refused(
    listed: Listed, name: Any, kind: type[ChatModelError], words: str
) -> None:
    with pytest.raises(kind) as caught:
        await listed(name)

    assert words in caught.value.message


async def test_a_missing_key_is_an_error_before_any_request(
    listed: Listed, registry: ProviderRegistry, fake: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCKED_KEY", raising=False)
    key = OptionSpec(
        name="api_key", description="", env=("LOCKED_KEY",), required=True, secret=True
    )
    registry.register_provider(fake("locked", options=(key,)))

    with pytest.raises(AuthenticationError, match="set LOCKED_KEY or pass api_key"):
        await listed("locked")


@pytest.mark.parametrize("name", ["acme", "nobody"])
async def test_no_frame_of_a_listing_that_fails_shows_a_secret(
    listed: Listed, acme: Any, name: str
) -> None:
    acme.error = NetworkError("no route")

    with pytest.raises(ChatModelError) as caught:
        await listed(name, api_key=KEY)

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    values = [
        value
        for frame in shown.stack
        if "/tests/" not in frame.filename.replace("\\", "/")
        for value in (frame.locals or {}).values()
    ]
    assert values
    assert not [value for value in values if KEY in value]


async def test_the_global_registry_is_the_default(acme: Any, global_registry: Any) -> None:
    global_registry.register_provider(acme)

    assert list_models("acme") == list(MODELS)
    assert await alist_models("acme") == list(MODELS)
