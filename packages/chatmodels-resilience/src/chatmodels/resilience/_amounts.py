"""The amounts that a call uses of the limits of a provider."""

from chatmodels.core import ChatRequest
from chatmodels.core.extending import estimated_tokens


class Amounts(dict[str, int]):
    """The unit of a limit to the amount that a call uses of it.

    The tokens are estimated at the first access, since most calls have no limit of tokens.

    Args:
        request: The request of the call.
    """

    __slots__ = ("_request",)

    def __init__(self, request: ChatRequest) -> None:
        super().__init__(requests=1)
        self._request = request

    def __missing__(self, unit: str) -> int:
        given = estimated_tokens(self._request)
        output = self._request.settings.max_output_tokens or 0
        estimates = {
            "tokens": given + output,
            "input_tokens": given,
            "output_tokens": output,
        }
        self.update(estimates)
        return estimates[unit]
