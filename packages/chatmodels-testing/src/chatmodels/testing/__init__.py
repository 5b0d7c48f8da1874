"""A simulator of provider APIs, a fault server, a contract suite and a pytest plugin.

Names are imported on first use, because pytest imports this package in every run for its plugin.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatmodels.testing._batches.batch import BatchFault, SimulatedBatch, SimulatedBatches
    from chatmodels.testing._example_value import example_value
    from chatmodels.testing._exchange import Exchange, ReceivedRequest
    from chatmodels.testing._fault import Expected, Fault
    from chatmodels.testing._fault_plan import FaultPlan, FaultRule
    from chatmodels.testing._faults import FAULTS, reset_after
    from chatmodels.testing._latency import LatencyModel
    from chatmodels.testing._network import NetworkBlockedError
    from chatmodels.testing._rate_limits import RateLimits
    from chatmodels.testing._recorder.failure_exporter import FailureExporter
    from chatmodels.testing._recorder.missing import MissingExchangeError
    from chatmodels.testing._recorder.recorder import Recorder, RecordMode
    from chatmodels.testing._recorder.scrubbing import Scrubber
    from chatmodels.testing._recorder.vcr import import_vcr
    from chatmodels.testing._recordings import Recording, recordings
    from chatmodels.testing._samples import samples
    from chatmodels.testing._simulated_response import SimulatedResponse
    from chatmodels.testing._simulator import Simulator
    from chatmodels.testing._strict import STRICT_RULES
    from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule
    from chatmodels.testing._wire.catalogue import WIRE_FAULTS
    from chatmodels.testing._wire.fault import RepeatedBytes, WireFault
    from chatmodels.testing._wire.server import FaultServer

__all__ = [
    "FAULTS",
    "STRICT_RULES",
    "WIRE_FAULTS",
    "BatchFault",
    "CheckedRequest",
    "Exchange",
    "Expected",
    "FailureExporter",
    "Fault",
    "FaultPlan",
    "FaultRule",
    "FaultServer",
    "LatencyModel",
    "MissingExchangeError",
    "NetworkBlockedError",
    "RateLimits",
    "ReceivedRequest",
    "RecordMode",
    "Recorder",
    "Recording",
    "Refusal",
    "RepeatedBytes",
    "Scrubber",
    "SimulatedBatch",
    "SimulatedBatches",
    "SimulatedResponse",
    "Simulator",
    "StrictRule",
    "WireFault",
    "example_value",
    "import_vcr",
    "recordings",
    "reset_after",
    "samples",
]

_MODULES = {
    "BatchFault": "_batches.batch",
    "CheckedRequest": "_strict.rule",
    "FAULTS": "_faults",
    "WIRE_FAULTS": "_wire.catalogue",
    "Exchange": "_exchange",
    "Expected": "_fault",
    "FailureExporter": "_recorder.failure_exporter",
    "Fault": "_fault",
    "FaultPlan": "_fault_plan",
    "FaultRule": "_fault_plan",
    "FaultServer": "_wire.server",
    "LatencyModel": "_latency",
    "MissingExchangeError": "_recorder.missing",
    "NetworkBlockedError": "_network",
    "RateLimits": "_rate_limits",
    "ReceivedRequest": "_exchange",
    "RecordMode": "_recorder.recorder",
    "Recorder": "_recorder.recorder",
    "Recording": "_recordings",
    "Refusal": "_strict.rule",
    "RepeatedBytes": "_wire.fault",
    "STRICT_RULES": "_strict",
    "Scrubber": "_recorder.scrubbing",
    "SimulatedBatch": "_batches.batch",
    "SimulatedBatches": "_batches.batch",
    "SimulatedResponse": "_simulated_response",
    "Simulator": "_simulator",
    "StrictRule": "_strict.rule",
    "WireFault": "_wire.fault",
    "example_value": "_example_value",
    "import_vcr": "_recorder.vcr",
    "recordings": "_recordings",
    "reset_after": "_faults",
    "samples": "_samples",
}


def __getattr__(name: str) -> object:
    from chatmodels.core.extending import import_lazily

    if name not in _MODULES:
        from chatmodels.testing._former import RENAMED, warn_former

        if name not in RENAMED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        warn_former(f"{__name__}.{name}", RENAMED[name])
        return __getattr__(RENAMED[name])
    return import_lazily(globals(), _MODULES, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
