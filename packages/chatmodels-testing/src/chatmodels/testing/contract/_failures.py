"""Checks of the fault catalogue: each fault is told as it should be, in both worlds."""

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
from chatmodels.testing.contract._contract import PROMPT, SECRET, Bench, failure

_PATIENCE = (0.15, 1.5, 15.0)
"""Seconds until a call gives up on silence. A slow machine gets more before the check fails."""

_Call = Callable[[ChatModel, Mode], ChatModelError | None]


def fault_checks(*, over_http: bool) -> Iterator[tuple[str, Callable[[Bench], None]]]:
    """Make a check for each fault of the catalogue and each mode that it can happen in.

    In process there is nothing but what a provider reports.
    """
    for fault in FAULTS.values():
        if over_http or (fault.error is not None and fault.status != 200):
            for mode in fault.modes:
                yield f"fault-{fault.name}-{mode}", _FaultCheck(fault, mode)


def a_failed_call_is_made_again(bench: Bench) -> None:
    """Retries wait as advised, reach streams too, and keep off what is not repeatable."""
    outage = msgspec.structs.replace(FAULTS["unavailable"], headers={"retry-after": "0.001"})
    model = bench.model(max_retries=2)
    bench.simulator.queue(outage, outage)
    response = model.generate(PROMPT)
    bench.simulator.queue(outage, outage)
    streamed = model.stream(PROMPT).collect()
    bench.simulator.queue(outage)
    error = failure(lambda: model.generate(PROMPT, idempotent=False))

    for answer in (response, streamed):
        assert answer.timing.attempts == 3
    assert error is not None, "what is not repeatable was repeated"


class _FaultCheck:
    def __init__(self, fault: Fault, mode: Mode) -> None:
        self._fault = fault
        self._mode: Mode = mode
        self.__doc__ = f"What is told when {fault.description}."

    def __call__(self, bench: Bench) -> None:
        *first, last = _PATIENCE if self._fault.silent else _PATIENCE[-1:]
        for call in (_blocking, _awaited):
            if not any(self._passes(bench, call, seconds) for seconds in first):
                self._check(bench, call, last)

    def _passes(self, bench: Bench, call: _Call, seconds: float) -> bool:
        with suppress(AssertionError):  # a slow machine may need more time
            self._check(bench, call, seconds)
            return True
        return False

    def _check(self, bench: Bench, call: _Call, seconds: float) -> None:
        fault, mode = self._fault, self._mode
        expected = fault.expected(mode)
        error = call(_faulty(bench, fault, seconds), mode)
        if expected is None:
            assert error is None, f"{fault.name} must be survived, but: {error!r}"
            return
        assert error is not None, f"{fault.name} went unnoticed"
        _assert_told(bench, error, expected, mode)
        if fault.silent:
            assert_left(bench)
        if bench.contract.over_http and not fault.refused:
            _assert_identified(error, bench.simulator.exchanges[-1], expected)


def _faulty(bench: Bench, fault: Fault, seconds: float) -> ChatModel:
    """Make a model whose next call meets the fault."""
    if not bench.contract.over_http:
        code = fault.error
        assert code is not None, "in process nothing can fail but what is reported"
        wait = fault.headers.get("retry-after")
        error = error_class(code)(
            f"mock: {fault.description}",
            code=code,
            status=fault.status,
            retry_after=None if wait is None else float(wait),
        )
        script = bench.contract.script
        assert script is not None
        options: dict[str, Any] = dict(script([error]))
        return bench.model(**options)
    if fault.refused:
        return bench.model(base_url=bench.simulator.refusing_url)
    limits = Timeout(read=None, first_event=seconds, between_events=seconds, total=2 * seconds)
    model = bench.model(timeout=limits if fault.silent else None)
    bench.simulator.queue(fault)
    return model


def _blocking(model: ChatModel, mode: Mode) -> ChatModelError | None:
    if mode == "whole":
        return failure(lambda: model.generate(PROMPT))
    return failure(lambda: model.stream(PROMPT).collect())


def _awaited(model: ChatModel, mode: Mode) -> ChatModelError | None:
    if mode == "whole":
        return failure(lambda: anyio.run(model.agenerate, PROMPT))
    return failure(lambda: anyio.run(model.astream(PROMPT).collect))


def _assert_told(bench: Bench, error: ChatModelError, expected: Expected, mode: Mode) -> None:
    assert error.code in expected.codes, f"{error.code} is none of {expected.codes}: {error}"
    assert isinstance(error, error_class(error.code))
    assert error.op == ("generate" if mode == "whole" else "stream")
    assert error.provider == bench.contract.provider
    assert error.model == bench.contract.model
    if expected.status != -1:
        assert error.status == expected.status, f"status {error.status}: {error}"
    assert expected.retry_after in {-1, error.retry_after}
    if expected.partial:
        assert error.partial is not None, f"what had arrived is lost: {error}"
        assert error.partial.text, f"the text that had arrived is lost: {error}"
    assert str(error), "the error has no message"
    assert SECRET not in f"{error!r}{error.details}", "the API key is in the error"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert (type(again), again.code, again.message) == (type(error), error.code, error.message)


def _assert_identified(error: ChatModelError, exchange: Exchange, expected: Expected) -> None:
    """Check the id of the request, which is known if the head of the answer has come."""
    if expected.status in {None, -1}:
        assert error.request_id in {None, exchange.request_id}
    else:
        assert error.request_id == exchange.request_id


HTTP_CHECKS = (a_failed_call_is_made_again,)
