"""Faults in which a server is silent: they are checked with more and more patience."""

from typing import Any

import pytest

from chatmodels.testing import FAULTS
from chatmodels.testing.contract import _failures


@pytest.mark.parametrize("needed", [0, 1, 2])
def test_a_slow_machine_gets_more_time(needed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []

    class Check(_failures._FaultCheck):
        def _check(self, bench: Any, call: Any, seconds: float) -> None:
            tried.append(seconds)
            assert seconds >= _failures._TIME_LIMITS[needed]

    silent = next(fault for fault in FAULTS.values() if fault.silent)
    Check(silent, "whole")(None)  # type: ignore[arg-type]
    assert tried == [*_failures._TIME_LIMITS[: needed + 1]] * 2


def test_a_provider_that_fails_with_all_patience_is_reported() -> None:
    class Check(_failures._FaultCheck):
        def _check(self, bench: Any, call: Any, seconds: float) -> None:
            raise AssertionError("it hangs")

    silent = next(fault for fault in FAULTS.values() if fault.silent)
    with pytest.raises(AssertionError, match="it hangs"):
        Check(silent, "whole")(None)  # type: ignore[arg-type]
