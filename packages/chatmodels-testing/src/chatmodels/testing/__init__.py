"""A simulator of provider APIs, a fault server, a contract suite and a pytest plugin.

The names are imported when they are first used: pytest imports this package in every run, for
its plugin, whether chatmodels is tested or not.
"""

from types import FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatmodels.testing._exchange import Exchange, ReceivedRequest
    from chatmodels.testing._fault import Expected, Fault
    from chatmodels.testing._faults import FAULTS, reset_after
    from chatmodels.testing._recordings import Recording, recordings
    from chatmodels.testing._response import Answer
    from chatmodels.testing._samples import samples
    from chatmodels.testing._schema_examples import fitting
    from chatmodels.testing._simulator import Simulator
    from chatmodels.testing._wire.catalogue import WIRE_FAULTS
    from chatmodels.testing._wire.fault import Drip, WireFault
    from chatmodels.testing._wire.server import FaultServer

__all__ = [
    "FAULTS",
    "WIRE_FAULTS",
    "Answer",
    "Drip",
    "Exchange",
    "Expected",
    "Fault",
    "FaultServer",
    "ReceivedRequest",
    "Recording",
    "Simulator",
    "WireFault",
    "fitting",
    "recordings",
    "reset_after",
    "samples",
]

_MODULES = {
    "FAULTS": "_faults",
    "WIRE_FAULTS": "_wire.catalogue",
    "Answer": "_response",
    "Drip": "_wire.fault",
    "Exchange": "_exchange",
    "Expected": "_fault",
    "Fault": "_fault",
    "FaultServer": "_wire.server",
    "ReceivedRequest": "_exchange",
    "Recording": "_recordings",
    "Simulator": "_simulator",
    "WireFault": "_wire.fault",
    "fitting": "_schema_examples",
    "recordings": "_recordings",
    "reset_after": "_faults",
    "samples": "_samples",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    if isinstance(found, type | FunctionType):
        found.__module__ = __name__
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
