"""The endpoints of servers for chat completions that count tokens, as data of their dialects."""

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.http import Counting, CountPlan, HttpRequest
from chatmodels.http.wire import Json

_TEMPLATE_FIELDS = frozenset(
    {
        "model",
        "messages",
        "tools",
        "add_generation_prompt",
        "add_special_tokens",
        "chat_template",
        "chat_template_kwargs",
        "continue_final_message",
        "media_io_kwargs",
        "mm_processor_kwargs",
    }
)
"""The fields of vLLM's `TokenizeChatRequest`, which are those of its chat template."""

_TEMPLATE_ARGUMENTS = ("reasoning_effort", "documents")
"""Fields that vLLM passes to the template in a chat request, but not when it tokenizes."""


def _input_tokens(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    path, separator, query = call.path.partition("?")
    return CountPlan(requests=[replace(call, path=f"{path}/input_tokens{separator}{query}")])


def _tokenize(model: str, request: ChatRequest, call: HttpRequest) -> CountPlan:
    body: dict[str, Json] = msgspec.json.decode(call.body)
    counted = {name: value for name, value in body.items() if name in _TEMPLATE_FIELDS}
    arguments = {name: body[name] for name in _TEMPLATE_ARGUMENTS if name in body}
    if arguments:
        counted["chat_template_kwargs"] = arguments | body.get("chat_template_kwargs", {})
    encoded = msgspec.json.encode(counted)
    return CountPlan(requests=[replace(call, path="/tokenize", body=encoded)])


INPUT_TOKENS = Counting(plan=_input_tokens, field="input_tokens")
"""Counts with `POST .../chat/completions/input_tokens`, which accepts the body of a chat request.

llama.cpp's server has it ("Token counting API", README of the server).
"""

TOKENIZE = Counting(plan=_tokenize, field="count", at_root=True)
"""Counts with `POST /tokenize`, which applies the chat template to messages and tools.

vLLM has it ("Tokenizer API", OpenAI-compatible server), outside of the path `/v1`.
"""
