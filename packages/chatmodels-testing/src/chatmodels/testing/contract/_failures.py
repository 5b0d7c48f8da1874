"""Checks of the fault catalogue: each fault is reported correctly, in sync and async calls."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import msgspec

from chatmodels.core import ChatModel, ChatModelError, Timeout
from chatmodels.core.extending import error_class
from chatmodels.testing._exchange import Exchange
from chatmodels.testing._fault import Expected, Fault, Mode
from chatmodels.testing._faults import FAULTS
from chatmodels.testing.contract._connections import assert_left
from chatmodels.testing.contract._contract import PROMPT, SECRET, CheckContext, failure

_TIME_LIMITS = (0.15, 1.5, 15.0)
"""Time limits in seconds for silent faults; a longer one is tried before the check fails."""

_Call = Callable[[ChatModel, Mode], ChatModelError | None]


def fault_checks(*, over_http: bool) -> Iterator[tuple[str, Callable[[CheckContext], None]]]:
    """Yield a check for each fault of the catalogue and each of its modes.

    In-process providers are checked only with errors that a provider reports.
    """
    for fault in FAULTS.values():
        if over_http or (fault.error is not None and fault.status != 200):
            for mode in fault.modes:
                yield f"fault-{fault.name}-{mode}", _FaultCheck(fault, mode)


def a_failed_call_is_retried(context: CheckContext) -> None:
    """Retries use the advised delay, apply to streams, and do not apply to non-idempotent calls."""
    outage = msgspec.structs.replace(FAULTS["unavailable"], headers={"retry-after": "0.001"})
    model = context.model(max_retries=2)
    context.simulator.queue(outage, outage)
    response = model.generate(PROMPT)
    context.simulator.queue(outage, outage)
    streamed = model.stream(PROMPT).collect()
    context.simulator.queue(outage)
    error = failure(lambda: model.generate(PROMPT, idempotent=False))

    for result in (response, streamed):
        assert result.timing.attempts == 3, (
            f"with max_retries=2, a call that failed twice made {result.timing.attempts} attempts "
            "instead of 3; pass options.max_retries on"
        )
    assert error is not None, (
        "a call with idempotent=False was sent again after a failure; do not retry in the provider"
    )


class _FaultCheck:
    def __init__(self, fault: Fault, mode: Mode) -> None:
        self._fault = fault
        self._mode: Mode = mode
        self.__doc__ = f"The outcome of a call if {fault.description}."

    def __call__(self, context: CheckContext) -> None:
        *first, last = _TIME_LIMITS if self._fault.silent else _TIME_LIMITS[-1:]
        for call in (_sync, _async):
            if not any(self._passes(context, call, seconds) for seconds in first):
                self._check(context, call, last)

    def _passes(self, context: CheckContext, call: _Call, seconds: float) -> bool:
        with suppress(AssertionError):  # a slow machine can need more time
            self._check(context, call, seconds)
            return True
        return False

    def _check(self, context: CheckContext, call: _Call, seconds: float) -> None:
        fault, mode = self._fault, self._mode
        expected = fault.expected("stream" if context.contract.streams_whole else mode)
        error = call(_model_with(context, fault, seconds), mode)
        if expected is None:
            assert error is None, (
                f"the fault {fault.name!r} ({fault.description}) is harmless, but the call fails: "
                f"{error!r}"
            )
            return
        assert error is not None, (
            f"the call succeeds, although {fault.description} (the fault {fault.name!r}); raise an "
            f"error with one of the codes {', '.join(expected.codes)}"
        )
        _assert_expected(context, error, expected, mode)
        if fault.silent:
            assert_left(context)
        if context.contract.over_http and not fault.refused:
            _assert_request_id(error, context.simulator.exchanges[-1], expected)


def _model_with(context: CheckContext, fault: Fault, seconds: float) -> ChatModel:
    """Create a model whose next call gets the fault."""
    if not context.contract.over_http:
        code = fault.error
        assert code is not None, "in-process providers only report errors"
        wait = fault.headers.get("retry-after")
        error = error_class(code)(
            f"mock: {fault.description}",
            code=code,
            status=fault.status,
            retry_after=None if wait is None else float(wait),
        )
        script = context.contract.script
        assert script is not None
        options: dict[str, Any] = dict(script([error]))
        return context.model(**options)
    if fault.refused:
        return context.model(base_url=context.simulator.refusing_url)
    limits = Timeout(read=None, first_event=seconds, between_events=seconds, total=2 * seconds)
    model = context.model(timeout=limits if fault.silent else None)
    context.simulator.queue(fault)
    return model


def _sync(model: ChatModel, mode: Mode) -> ChatModelError | None:
    if mode == "whole":
        return failure(lambda: model.generate(PROMPT))
    return failure(lambda: model.stream(PROMPT).collect())


def _async(model: ChatModel, mode: Mode) -> ChatModelError | None:
    if mode == "whole":
        return failure(lambda: anyio.run(model.agenerate, PROMPT))
    return failure(lambda: anyio.run(model.astream(PROMPT).collect))


def _assert_expected(
    context: CheckContext, error: ChatModelError, expected: Expected, mode: Mode
) -> None:
    assert error.code in expected.codes, (
        f"the error has the code {error.code!r} instead of {' or '.join(expected.codes)}: {error}; "
        "map it by FailureRules"
    )
    assert isinstance(error, error_class(error.code)), (
        f"an error with the code {error.code!r} is a {type(error).__name__}, not a "
        f"{error_class(error.code).__name__}; create it with error_class(code)"
    )
    op = "generate" if mode == "whole" else "stream"
    for name, wanted in (
        ("op", op),
        ("provider", context.contract.provider),
        ("model", context.contract.model),
        ("status", error.status if expected.status == -1 else expected.status),
        ("retry_after", error.retry_after if expected.retry_after == -1 else expected.retry_after),
    ):
        found: object = getattr(error, name)
        assert found == wanted, (
            f"the {name} of the error is {found!r} instead of {wanted!r}: {error}"
        )
    if expected.partial:
        assert error.partial is not None, (
            f"the response broke off after its first text, but error.partial is None: {error}"
        )
        assert error.partial.text, (
            f"the text that arrived before the failure is not in error.partial: {error}"
        )
    assert str(error), "the error has no message"
    assert SECRET not in f"{error!r}{error.details}", (
        "the API key is in the error; the text of the vendor can quote it, so raise errors through "
        "chatmodels.http, which masks it"
    )
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(again), again.code, again.message) == (type(error), error.code, error.message), (
        f"a pickled error becomes {again!r} instead of {error!r}; do not override its constructor"
    )


def _assert_request_id(error: ChatModelError, exchange: Exchange, expected: Expected) -> None:
    """Check the request id, which is available if the head of the response has been received."""
    if expected.status in {None, -1}:
        allowed = {None, exchange.request_id}
    else:
        allowed = {exchange.request_id}
    assert error.request_id in allowed, (
        f"the request_id of the error is {error.request_id!r}, but the response had "
        f"{exchange.request_id!r}"
    )


HTTP_CHECKS = (a_failed_call_is_retried,)
