"""Mistral's chat completions.

chatmodels differs from the vendor's SDK on purpose in one more point: the input includes audio,
which the vendor counts beside the prompt.
"""

from functools import partial
from typing import Any

from chatmodels.core import ChatResponse, create_chat_model
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json
from conformance.neutral.mistral_chat import REQUESTS
from conformance.row import Row


def with_audio(expected: Json, _: Recording, response: ChatResponse[Any] | None) -> Json:
    """Add audio tokens to the input if the vendor's total has them beside it."""
    usage = expected["usage"]
    audio = 0 if response is None else response.usage.input_audio_tokens or 0
    if not usage or usage["total"] != (usage["input"] or 0) + (usage["output"] or 0) + audio:
        return expected
    return expected | {"usage": usage | {"input": (usage["input"] or 0) + audio}}


ROWS = (
    Row(
        name="mistral",
        apis=frozenset({"mistral.chat"}),
        model=partial(
            create_chat_model, "mistral:mistral-small-latest", api_key="sk-recorded", max_retries=0
        ),
        adapt=with_audio,
        requests=REQUESTS,
        contracts={
            "mistral": ProviderContract(
                provider="mistral",
                # Nothing is known of this model, so it accepts what at least one model accepts.
                model="labs-any",
                connect=lambda simulator: {"base_url": f"{simulator.url}/mistral/v1"},
            )
        },
    ),
)
