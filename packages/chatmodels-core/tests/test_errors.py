"""Errors report the operation, its target and the reason, and can be copied and pickled."""

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
    InvalidRequestError,
    NetworkError,
    ProviderImportError,
    ProviderUnavailableError,
    RateLimitError,
    ResponseInvalidError,
    StreamInterruptedError,
    ToolArgumentsError,
    assistant,
    is_retryable,
)
from chatmodels.core.extending import error_class, error_code


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
    """A subclass in another program, with other arguments."""

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

    assert repr(copied.__cause__) == "RuntimeError('ValueError: bad header')"
    assert copied.__notes__ == ["while warming up"]


@pytest.mark.parametrize("copier", COPIERS)
def test_a_copied_error_without_a_cause_does_not_hide_its_context(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    assert copier(full()).__suppress_context__ is False


@pytest.mark.parametrize("copier", COPIERS)
def test_a_cause_that_cannot_be_pickled_is_described(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    error = full()
    error.__cause__ = UnpicklableError(request="req_1")

    copied = copier(error)

    assert repr(copied.__cause__) == "RuntimeError('UnpicklableError: no answer to req_1')"


class CarryingError(ConnectionError):
    """As the exceptions of HTTP libraries do, it keeps the request."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.request = {"authorization": "sk-canary-1", "body": "my private prompt"}
        self.add_note("sent my private prompt")


@pytest.mark.parametrize("copier", COPIERS)
def test_a_foreign_cause_leaves_neither_its_attributes_nor_its_notes_nor_its_context(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    error = full()
    error.__cause__ = CarryingError("refused")
    error.__cause__.__context__ = CarryingError("sk-canary-1")
    error.__context__ = CarryingError("my private prompt")

    copied = copier(error)

    assert copied.__cause__ is not None
    assert str(copied.__cause__) == "CarryingError: refused"
    assert not hasattr(copied.__cause__, "__notes__")
    assert [copied.__context__, copied.__cause__.__context__] == [None, None]
    pickled = pickle.dumps(copied) + pickle.dumps(error)
    assert b"canary" not in pickled
    assert b"private" not in pickled


@pytest.mark.parametrize("copier", COPIERS[1:])  # a shallow copy has the same errors below
def test_our_errors_are_pickled_completely_below_others_and_in_groups(
    copier: Callable[[ChatModelError], ChatModelError],
) -> None:
    error, ours = full(), full(NetworkError, status=None)
    deepest = full(DeepError)
    ours.__cause__ = CarryingError("refused")
    ours.__cause__.__cause__ = deepest
    error.__cause__ = ExceptionGroup("all failed", [ours, CarryingError("reset")])

    group = copier(error).__cause__

    assert isinstance(group, ExceptionGroup)
    assert group.message == "ExceptionGroup: all failed"
    first, second = group.exceptions
    assert isinstance(first, NetworkError)
    assert vars(first) == vars(ours)
    assert str(first.__cause__) == "CarryingError: refused"
    assert first.__cause__ is not None
    assert isinstance(first.__cause__.__cause__, DeepError)
    assert vars(first.__cause__.__cause__) == vars(deepest)
    assert repr(second) == "RuntimeError('CarryingError: reset')"


class DeepError(ChatModelError):
    """A subclass in another program."""


def test_a_group_of_errors_can_be_pickled() -> None:
    error = full()
    error.__cause__ = CarryingError("refused")

    pickled = pickle.dumps(ExceptionGroup("all failed", [error]))

    assert b"canary" not in pickled
    assert vars(pickle.loads(pickled).exceptions[0]) == vars(error)


@pytest.mark.parametrize("copier", COPIERS)
def test_causes_may_form_a_circle(copier: Callable[[ChatModelError], ChatModelError]) -> None:
    ours, foreign, other = full(), ValueError("one"), ValueError("two")
    foreign.__cause__, other.__cause__ = other, foreign
    ours.__cause__ = foreign

    copied = copier(ours)

    assert copied.__cause__ is not None
    assert str(copied.__cause__.__cause__) == "ValueError: two"
    assert copied.__cause__.__cause__ is not None
    assert copied.__cause__.__cause__.__cause__ is None

    itself = full()
    itself.__cause__ = itself
    assert pickle.loads(pickle.dumps(itself)).__cause__.message == itself.message


class SpeechlessError(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        pytest.param(SpeechlessError(), "SpeechlessError", id="failing text"),
        pytest.param(TimeoutError(), "TimeoutError", id="no text"),
        pytest.param(
            ValueError("header 'Authorization: Bearer canary' is bad"),
            "ValueError: header 'Authorization: Bearer ***' is bad",
            id="bearer",
        ),
        pytest.param(
            ValueError("illegal header value b'canary' of authorization=b'canary'"),
            "ValueError: illegal header value b'canary' of authorization=b'***'",
            id="bytes",
        ),
        pytest.param(
            ValueError("GET https://host/v1?key=canary&alt=sse"),
            "ValueError: GET https://host/v1?key=***&alt=sse",
            id="query",
        ),
        pytest.param(
            ValueError("{'x-api-key': 'canary'}"),
            "ValueError: {'x-api-key': '***'}",
            id="header",
        ),
        pytest.param(
            ValueError("proxy http://me:canary@proxy:3128 refused"),
            "ValueError: proxy http://me:***@proxy:3128 refused",
            id="proxy",
        ),
        pytest.param(ValueError("no sk-canary1 here"), "ValueError: no *** here", id="prefix"),
        pytest.param(
            ValueError(f"no {'canary1' * 5} here"), "ValueError: no *** here", id="random word"
        ),
        pytest.param(
            ValueError("claude-sonnet-4-6 in us-east-1, unexpected_keyword_argument_of_a_function"),
            "ValueError: claude-sonnet-4-6 in us-east-1, unexpected_keyword_argument_of_a_function",
            id="names",
        ),
        pytest.param(
            ValueError("long " * 4_000), f"ValueError: {'long ' * 1_600}...", id="bounded"
        ),
    ],
)
def test_the_text_of_a_foreign_cause_is_masked_and_bounded(cause: Exception, text: str) -> None:
    error = full()
    error.__cause__ = cause

    copied = pickle.loads(pickle.dumps(error))

    assert str(copied.__cause__) == text


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


def test_locating_an_error_sets_only_missing_attributes() -> None:
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
        pytest.param(
            RateLimitError("wait", details={"should_retry": False}), False, id="a hint says no"
        ),
        pytest.param(
            InvalidRequestError("odd", details={"should_retry": True}), True, id="a hint says yes"
        ),
        pytest.param(
            RateLimitError("wait", details={"should_retry": "no"}), True, id="no readable hint"
        ),
        pytest.param(
            ConfigurationError("no key", details={"should_retry": True}), False, id="set-up"
        ),
        pytest.param(TimeoutError("foreign"), False, id="foreign"),
        pytest.param(asyncio.CancelledError(), False, id="cancelled"),
    ],
)
def test_only_temporary_errors_are_retryable(error: BaseException, retryable: bool) -> None:
    assert is_retryable(error) is retryable


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        pytest.param(RateLimitError("wait"), True, id="rate-limit"),
        pytest.param(InvalidRequestError("odd"), False, id="request"),
        pytest.param(
            RateLimitError("wait", details={"should_retry": False}), False, id="a hint says no"
        ),
    ],
)
def test_an_error_has_the_property_retryable(error: ChatModelError, retryable: bool) -> None:
    assert error.retryable is retryable
    assert pickle.loads(pickle.dumps(error)).retryable is retryable
