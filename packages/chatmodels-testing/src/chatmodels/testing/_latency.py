"""The time that a simulated model takes for its responses."""

import math
from random import Random

import msgspec

from chatmodels.testing._simulated_response import SimulatedResponse


class LatencyModel(msgspec.Struct, frozen=True, kw_only=True):
    """The speed of a simulated model; a whole response takes as long as its stream.

    It applies to generated and queued content. Errors that the provider reports have no delay.

    Attributes:
        first_token: Seconds until the first token.
        tokens_per_second: The tokens after the first one per second; each word counts as one.
        jitter: The standard deviation of both times as a part of them, such as 0.2. The times have
            a log-normal distribution, with its long tail, whose means are the times above.
        seed: Another seed has other times. Those of a response depend on the seed and the number
            of the request alone.

    Raises:
        ValueError: A number is negative, not finite, or no tokens are sent.
    """

    first_token: float = 0.5
    tokens_per_second: float = 80.0
    jitter: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in ("first_token", "tokens_per_second", "jitter"):
            value: float = getattr(self, name)
            if not 0 <= value < math.inf or (name == "tokens_per_second" and not value):
                least = "positive" if name == "tokens_per_second" else "at least 0"
                raise ValueError(f"{name} is finite and {least}, not {value!r}")

    def apply(self, response: SimulatedResponse, tokens: int, number: int, /) -> SimulatedResponse:
        """Return a response with the delays before its chunks.

        Args:
            response: The response.
            tokens: The number of its tokens.
            number: The number of the request.
        """
        chance = Random(f"{self.seed}:{number}")  # noqa: S311 - not for cryptography
        gaps = max(len(response.body) - 1, 1)  # also those before the last chunks without a token
        mean = tokens / self.tokens_per_second / gaps
        latency = self.first_token * self._factor(chance)
        delays = tuple(mean * self._factor(chance) for _ in range(gaps))
        if not response.streamed:
            return msgspec.structs.replace(response, latency=latency + sum(delays))
        return msgspec.structs.replace(response, latency=latency, delays=delays)

    def _factor(self, chance: Random) -> float:
        """Return a random factor whose mean is 1."""
        if not self.jitter:
            return 1.0
        variance = math.log1p(self.jitter**2)
        return chance.lognormvariate(-variance / 2, math.sqrt(variance))
