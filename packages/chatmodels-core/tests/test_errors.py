"""Errors say what failed, on what and why, and survive being copied and pickled."""

import asyncio
import concurrent.futures
import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import trio

from chatmodels.core import (
    CallTimeoutError,
    ChatModelError,
    ChatResponse,
    CircuitOpenError,
    ConfigurationError,
    ErrorCode,
    InternalError,
    NetworkError,
    ProviderImportError,
    ProviderUnavailableError,
    RateLimitError,
    ResponseInvalidError,
    StreamInterruptedError,
    ToolArgumentsError,
    assistant,
    error_class,
    error_code,
    is_retryable,
)


def subclasses(cls: type[ChatModelError]) -> list[type[ChatModelError]]:
    return [cls, *(deeper for child in cls.__subclasses__() for deeper in subclasses(child))]


ALL = [cls for cls in subclasses(ChatModelError) if cls.__module__.startswith("chatmodels.core")]

COPIERS = [
    pytest.param(copy.copy, id="copy"),
    pytest.param(copy.deepcopy, id="deepcopy"),
    pytest.param(lambda error: pickle.loads(pickle.dumps(error)), id="pickle"),
]


class UnpicklableError(Exception):
    """As many foreign exceptions are: it cannot be made again from its arguments."""

    def __init__(self, *, request: str) -> None:
        super().__init__(f"no answer to {request}")


class DemandingError(ChatModelError):
    """A subclass of somebody else, with arguments of its own."""

    def __init__(self, vendor: str, *, shard: int) -> None:
        super().__init__(f"{vendor} lost shard {shard}", op="generate")
        self.shard = shard


def full(cls: type[ChatModelError] = RateLimitError, **changes: Any) -> ChatModelError:
    facts: dict[str, Any] = {
        "op": "generate",
        "provider": "openai",
        "model": "gpt-6.1-terra",
        "status": 429,
        "request_id": "req_1",
        "retry_after": 2.5,
        "details": {"type": "tokens"},
        "partial": ChatResponse(message=assistant("half an")),
    }
    return cls("openai: 429 rate limited; wait", **facts | changes)


@pytest.mark.parametrize("copier", COPIERS)
@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
def test_a_copied_error_keeps_every_attribute(
    cls: type[ChatModelError], copier: Callable[[ChatModelError], ChatModelError]
) -> None:
    error = full(cls)

    copied = copier(error)

    assert type(copied) is cls
    assert vars(copied) == vars(error)
    assert str(copied) == copied.message == "openai: 429 rate limited; wait"


@pytest.mark.parametrize("copier", COPIERS)
def test_a_copied_error_keeps_its_cause_and_its_notes(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    error = full()
    error.__cause__ = ValueError("bad header")
    error.add_note("while warming up")

    copied = copier(error)

    assert isinstance(copied.__cause__, ValueError)
    assert str(copied.__cause__) == "bad header"
    assert copied.__notes__ == ["while warming up"]


@pytest.mark.parametrize("copier", COPIERS)
def test_a_copied_error_without_a_cause_does_not_hide_its_context(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    assert copier(full()).__suppress_context__ is False


@pytest.mark.parametrize("copier", COPIERS)
def test_a_cause_that_cannot_be_pickled_leaves_its_words(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    error = full()
    error.__cause__ = UnpicklableError(request="req_1")

    copied = copier(error)

    assert repr(copied.__cause__) == "RuntimeError('UnpicklableError: no answer to req_1')"


@pytest.mark.parametrize("copier", COPIERS)
def test_a_subclass_with_other_arguments_is_copied_too(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    copied = copier(DemandingError("acme", shard=3))

    assert isinstance(copied, DemandingError)
    assert (copied.message, copied.shard, copied.op) == ("acme lost shard 3", 3, "generate")


def test_an_error_with_nothing_but_a_message_has_the_code_of_its_class() -> None:
    error = CircuitOpenError("closed for a while")

    assert error.code is ErrorCode.CIRCUIT_OPEN
    assert error.op == ""
    assert error.details == {}
    assert [error.provider, error.model, error.status, error.request_id] == [None] * 4
    assert [error.retry_after, error.partial] == [None] * 2


def test_a_code_of_its_own_wins_over_that_of_the_class() -> None:
    assert ChatModelError("stop", code=ErrorCode.CANCELLED).code is ErrorCode.CANCELLED


def test_locating_an_error_fills_in_only_what_is_not_known() -> None:
    error = ChatModelError("broken", provider="groq")

    located = error.located(op="stream", provider="openai", model="gpt-6.1-terra")

    assert located is error
    assert (error.op, error.provider, error.model) == ("stream", "groq", "gpt-6.1-terra")
    assert ChatModelError("broken").located().op == ""


def test_time_outs_and_network_errors_are_caught_as_the_builtin_ones() -> None:
    assert isinstance(CallTimeoutError("slow"), TimeoutError)
    assert isinstance(NetworkError("gone"), ConnectionError)


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_has_a_class_of_that_code(code: ErrorCode) -> None:
    cls = error_class(code)

    if code is ErrorCode.CANCELLED:
        assert cls is ChatModelError
    else:
        assert cls.default_code is code
    assert cls is not ProviderImportError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        pytest.param(RateLimitError("slow down"), ErrorCode.RATE_LIMITED, id="ours"),
        pytest.param(KeyError("x"), ErrorCode.INTERNAL, id="foreign"),
        pytest.param(concurrent.futures.BrokenExecutor(), ErrorCode.INTERNAL, id="executor"),
        pytest.param(asyncio.CancelledError(), ErrorCode.CANCELLED, id="asyncio"),
        pytest.param(KeyboardInterrupt(), ErrorCode.CANCELLED, id="ctrl-c"),
        pytest.param(SystemExit(), ErrorCode.CANCELLED, id="exit"),
        pytest.param(GeneratorExit(), ErrorCode.CANCELLED, id="closed"),
    ],
)
def test_every_exception_has_a_code(error: BaseException, code: ErrorCode) -> None:
    assert error_code(error) is code


def test_a_cancellation_under_trio_has_the_code_cancelled() -> None:
    codes: list[ErrorCode] = []

    async def main() -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await trio.lowlevel.checkpoint()
            except BaseException as error:
                codes.append(error_code(error))
                raise

    trio.run(main)

    assert codes == [ErrorCode.CANCELLED]


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        pytest.param(RateLimitError("wait"), True, id="rate-limit"),
        pytest.param(ProviderUnavailableError("503"), True, id="outage"),
        pytest.param(CallTimeoutError("slow"), True, id="timeout"),
        pytest.param(NetworkError("reset"), True, id="network"),
        pytest.param(StreamInterruptedError("cut"), True, id="stream"),
        pytest.param(ProviderImportError("no such module"), False, id="import"),
        pytest.param(CircuitOpenError("open"), False, id="circuit"),
        pytest.param(ConfigurationError("no key"), False, id="configuration"),
        pytest.param(ResponseInvalidError("html"), False, id="response"),
        pytest.param(ToolArgumentsError("null"), False, id="arguments"),
        pytest.param(InternalError("bug"), False, id="internal"),
        pytest.param(TimeoutError("foreign"), False, id="foreign"),
        pytest.param(asyncio.CancelledError(), False, id="cancelled"),
    ],
)
def test_only_what_may_pass_is_retryable(error: BaseException, retryable: bool) -> None:
    assert is_retryable(error) is retryable
