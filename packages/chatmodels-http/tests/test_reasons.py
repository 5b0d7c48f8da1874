from itertools import pairwise

import pytest

from chatmodels.http._reasons import reason


def failed(*causes: BaseException) -> BaseException:
    """Chain errors, the first being the cause of all."""
    for cause, error in pairwise(causes):
        error.__cause__ = cause
    return causes[-1]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(failed(OSError("late")), "late", id="no cause"),
        pytest.param(failed(OSError("refused"), OSError("all failed")), "refused", id="a cause"),
        pytest.param(failed(TimeoutError(), OSError("late")), "late", id="a cause without words"),
        pytest.param(failed(TimeoutError()), "TimeoutError", id="no words at all"),
        pytest.param(
            failed(ExceptionGroup("x", [OSError("a"), OSError("b")]), OSError("c")), "a", id="many"
        ),
    ],
)
def test_the_first_cause_has_the_word(error: BaseException, expected: str) -> None:
    assert reason(error) == expected
