"""Faults without a queue: chosen by a seeded plan, or by a rule."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from chatmodels.core import ErrorCode
from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._fault import Fault, Mode
from chatmodels.testing._faults import FAULTS

FaultRule = Callable[[ReceivedRequest], Fault | ErrorCode | None]
"""Returns the fault of a request, or an error that the provider reports; None for no fault."""

TRANSIENT_FAULTS = (
    "reset-before-answer",
    "reset-in-body",
    "closed-in-body",
    "web-page-502",
    "error-in-stream",
    "missing-end",
    "rate-limited",
    "rate-limited-retry-after",
    "server-error",
    "unavailable",
    "overloaded",
)
"""The faults of a plan by default: those after which the next attempt can succeed at once."""


class FaultPlan:
    """Faults for a part of the requests, the same in each run with one seed.

    The fault of a request depends on the seed and the number of the request alone, counted since
    the start or the last `reset`, so it does not depend on time.

    Args:
        rate: The part of the requests with a fault, between 0 and 1.
        faults: The faults, or their names, which are equally frequent; or a mapping of names to
            their relative frequency. A fault that does not apply to the mode of a request, whole
            or streamed, is not chosen for it.
        seed: Another seed has other faults.

    Raises:
        ValueError: The rate is not between 0 and 1, there is no fault, a name is unknown, or a
            frequency is not positive.
    """

    def __init__(
        self,
        rate: float,
        faults: Mapping[str, float] | Sequence[Fault | str] = TRANSIENT_FAULTS,
        *,
        seed: int = 0,
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"the rate of a fault plan is between 0 and 1, not {rate!r}")
        if not faults:
            raise ValueError("a fault plan needs at least one fault")
        self.rate = rate
        self.seed = seed
        equal = not isinstance(faults, Mapping)
        weights = [(fault, 1.0) for fault in faults] if equal else faults.items()
        self._weights = [(find_fault(fault), weight) for fault, weight in weights]
        for fault, weight in self._weights:
            if not weight > 0:
                raise ValueError(f"the frequency of {fault.name!r} is positive, not {weight!r}")

    def __repr__(self) -> str:
        names = ", ".join(fault.name for fault, _ in self._weights)
        return f"<FaultPlan rate={self.rate:g} seed={self.seed} {names}>"

    def choose(self, number: int, mode: Mode, /) -> Fault | None:
        """Return the fault of a request, or None.

        Args:
            number: The number of the request.
            mode: The mode of the request.
        """
        chance = Random(f"{self.seed}:{number}")  # noqa: S311 - not for cryptography
        if chance.random() >= self.rate:
            return None
        weights = [(fault, weight) for fault, weight in self._weights if mode in fault.modes]
        if not weights:
            return None
        return chance.choices(*zip(*weights, strict=True))[0]


def find_fault(fault: Fault | str, /) -> Fault:
    """Return a fault that a simulator can apply, by its name if it is not a fault.

    Raises:
        ValueError: There is no fault of that name, or a simulator cannot apply it.
    """
    if isinstance(fault, str):
        if fault not in FAULTS:
            raise ValueError(f"no fault named {fault!r}; choose from {', '.join(FAULTS)}")
        fault = FAULTS[fault]
    if fault.refused:
        raise ValueError(f"{fault.name!r} is not a fault of requests; see Simulator.refusing_url")
    return fault


def fault_of(
    faults: FaultPlan | FaultRule, request: ReceivedRequest, number: int, /, *, streamed: bool
) -> Fault | None:
    """Return the fault that a plan or a rule has for a request."""
    if isinstance(faults, FaultPlan):
        return faults.choose(number, "stream" if streamed else "whole")
    fault = faults(request)
    return error_fault(fault) if isinstance(fault, ErrorCode) else fault


def error_fault(code: ErrorCode, /) -> Fault:
    """Return the fault by which a provider reports an error.

    Raises:
        ValueError: No provider reports it.
    """
    for fault in FAULTS.values():
        if fault.error is code and fault.status != 200:
            return fault
    raise ValueError(f"no provider reports {code}; see FAULTS, or queue a SimulatedResponse")
