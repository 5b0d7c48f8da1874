from itertools import pairwise
from ssl import SSLCertVerificationError, SSLError

import pytest

from chatmodels.http._transport.causes import is_certificate_failure, reason


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
def test_the_message_is_that_of_the_first_cause(error: BaseException, expected: str) -> None:
    assert reason(error) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (failed(SSLCertVerificationError(1, "expired")), True),
        (failed(SSLCertVerificationError(1, "expired"), OSError(), OSError()), True),
        (failed(SSLError(1, "certificate verify failed"), OSError()), False),
    ],
)
def test_a_certificate_failure_is_identified_by_its_type(
    error: BaseException, expected: bool
) -> None:
    assert is_certificate_failure(error) is expected


def test_a_cause_in_the_context_of_a_pool_is_found() -> None:
    error = OSError("all failed")
    error.__context__, error.__suppress_context__ = SSLCertVerificationError(1, "expired"), True
    assert is_certificate_failure(error)


def test_an_error_that_the_program_is_handling_is_ignored() -> None:
    error = OSError("refused")
    error.__context__ = SSLCertVerificationError(1, "expired")
    assert not is_certificate_failure(error)
