"""The exit codes of the command, by the code of an error."""

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatmodels.core import ChatModelError


class ExitCode(IntEnum):
    """The exit codes; their meanings are in `MEANINGS`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    CREDENTIALS = 4
    LIMITED = 5
    UNAVAILABLE = 6
    REQUEST = 7
    RESPONSE = 8
    REGRESSION = 9
    INTERRUPTED = 130
    BROKEN_PIPE = 141


MEANINGS = {
    ExitCode.OK: "success",
    ExitCode.FAILED: "a check found problems, a tool or rows failed, or another failure",
    ExitCode.USAGE: "the command line is wrong",
    ExitCode.CONFIGURATION: "the configuration is wrong, or the provider is not installed",
    ExitCode.CREDENTIALS: "the key is missing or rejected, or does not permit the call",
    ExitCode.LIMITED: "too many requests, or no quota left",
    ExitCode.UNAVAILABLE: "the network, a time limit, or the provider",
    ExitCode.REQUEST: "the provider refused the request, or does not support it",
    ExitCode.RESPONSE: "the response is invalid, or does not match the schema",
    ExitCode.REGRESSION: "a measurement is worse than the one that it is compared with",
    ExitCode.INTERRUPTED: "Ctrl-C; the output so far is complete",
    ExitCode.BROKEN_PIPE: "the program that reads the output has ended",
}

_BY_ERROR = {
    "configuration_invalid": ExitCode.CONFIGURATION,
    "provider_not_found": ExitCode.CONFIGURATION,
    "provider_conflict": ExitCode.CONFIGURATION,
    "authentication": ExitCode.CREDENTIALS,
    "permission_denied": ExitCode.CREDENTIALS,
    "rate_limited": ExitCode.LIMITED,
    "quota_exceeded": ExitCode.LIMITED,
    "provider_unavailable": ExitCode.UNAVAILABLE,
    "circuit_open": ExitCode.UNAVAILABLE,
    "timeout": ExitCode.UNAVAILABLE,
    "network": ExitCode.UNAVAILABLE,
    "stream_interrupted": ExitCode.UNAVAILABLE,
    "invalid_request": ExitCode.REQUEST,
    "context_length_exceeded": ExitCode.REQUEST,
    "content_filtered": ExitCode.REQUEST,
    "model_not_found": ExitCode.REQUEST,
    "unsupported": ExitCode.REQUEST,
    "response_invalid": ExitCode.RESPONSE,
    "output_invalid": ExitCode.RESPONSE,
}


def exit_code(error: "ChatModelError", /) -> ExitCode:
    """Return the exit code of an error."""
    from chatmodels.core import ConfigurationError

    if isinstance(error, ConfigurationError):  # also one whose code is that of a provider
        return ExitCode.CONFIGURATION
    return _BY_ERROR.get(error.code, ExitCode.FAILED)
