"""Ollama's own API.

chatmodels differs from the expected readings on purpose in one more point: `<think>` at the
beginning of a text is reasoning.
"""

from functools import partial
from typing import Any

from chatmodels.core import ChatRequest, ChatResponse, create_chat_model, user
from chatmodels.core.extending import OutputSchema, ToolDefinition
from chatmodels.testing import Recording
from chatmodels.testing.contract import ProviderContract
from conformance.exchanges import Json
from conformance.neutral.ollama_chat import REQUESTS
from conformance.row import Row


def adapt(expected: Json, _: Recording, __: ChatResponse[Any] | None) -> Json:
    text = expected["text"] or ""
    if not text.startswith("<think>"):
        return expected
    reasoning, _, rest = text.removeprefix("<think>").partition("</think>")
    return expected | {"reasoning_text": reasoning.lstrip(), "text": rest.lstrip()}


ROWS = (
    Row(
        name="ollama",
        apis=frozenset({"ollama.chat"}),
        model=partial(create_chat_model, "ollama:qwen3", max_retries=0),
        adapt=adapt,
        requests=REQUESTS,
        damage=ChatRequest(
            messages=(user("Hello"),),
            tools=(ToolDefinition("weather", "", {"type": "object"}),),
            output=OutputSchema("output", None),
        ),
        contracts={
            "ollama": ProviderContract(
                provider="ollama",
                model="qwen3",
                connect=lambda simulator: {"base_url": simulator.url},
                unreported=frozenset({"id"}),
                exempt={
                    f"fault-content-filtered-{mode}": "there is no filter, and so no word for it"
                    for mode in ("whole", "stream")
                },
            )
        },
    ),
)
