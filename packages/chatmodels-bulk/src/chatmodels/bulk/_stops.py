"""The error of a run that stopped before its last row, and its reasons."""

from chatmodels.core import ChatModelError, ErrorCode

STOPPING_CODES = frozenset(
    {
        ErrorCode.AUTHENTICATION,
        ErrorCode.PERMISSION_DENIED,
        ErrorCode.QUOTA_EXCEEDED,
        ErrorCode.MODEL_NOT_FOUND,
        ErrorCode.CONFIGURATION_INVALID,
        ErrorCode.PROVIDER_NOT_FOUND,
    }
)
"""The codes of errors that every further row would have, too."""


class RunStoppedError(ChatModelError):
    """The run stopped before its last row: each further one would fail, or a limit was reached.

    The code is that of the last error, which is the cause. Without an error, also if the run was
    stopped on request, it is `quota_exceeded`. The results so far are kept. Run it again to go on,
    with a higher limit if one was reached.
    """

    @property
    def requested(self) -> bool:
        """True if the run was stopped on request, by `should_stop` or `Job.stop`."""
        return bool(self.details.get("requested"))
