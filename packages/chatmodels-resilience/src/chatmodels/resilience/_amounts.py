"""The amounts that a call uses of the limits of a provider."""

from chatmodels.core import ChatRequest
from chatmodels.core.extending import estimated_tokens


class Amounts:
    """The amounts of a call by the unit of a limit.

    The tokens are estimated at the first access, since most calls have no limit of tokens.

    Args:
        request: The request of the call.
    """

    _input_tokens: int | None = None

    def __init__(self, request: ChatRequest) -> None:
        self._request = request

    def __getitem__(self, unit: str) -> int:
        if unit == "requests":
            return 1
        given = self._input_tokens
        if given is None:
            given = self._input_tokens = estimated_tokens(self._request)
        if unit == "input_tokens":
            return given
        output = self._request.settings.max_output_tokens or 0
        return output if unit == "output_tokens" else given + output
