"""Servers count tokens with OpenAI's endpoint for responses, llama.cpp's or vLLM's."""

from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    AuthenticationError,
    ModelNotFoundError,
    Secret,
    UnsupportedError,
    system,
    tool,
    user,
)
from chatmodels.core.extending import Capability, ProviderMetadata, ProviderOptions
from chatmodels.http import Codec, HttpChatModel
from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    INPUT_TOKENS,
    TOKENIZE,
    Dialect,
    chat_completions_codec,
    compatible_provider,
)
from chatmodels.openai_compatible.responses import ResponsesDialect, responses_codec
from chatmodels.testing import Simulator

SETTINGS = {**COMMON_SETTINGS, "reasoning_effort": "reasoning_effort"}
DIALECT = Dialect(name="acme", settings=SETTINGS)
METADATA = ProviderMetadata(name="acme", description="A server.", distribution="acme")
PROMPT = [system("Be brief."), user("Why is the sky blue?")]
REFUSED = ("stream", "store", "temperature", "max_output_tokens", "include", "user")


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError


def model(codec: Codec, base_url: str, name: str = "m", key: str = "k") -> HttpChatModel:
    options = ProviderOptions(api_key=Secret(key), base_url=base_url, max_retries=0)
    return HttpChatModel(METADATA, name, codec, options)


LLAMA = chat_completions_codec(replace(DIALECT, counting=INPUT_TOKENS))
VLLM = chat_completions_codec(replace(DIALECT, counting=TOKENIZE))
RESPONSES = responses_codec(ResponsesDialect(name="acme", include=("reasoning.encrypted_content",)))


def test_llama_cpp_counts_the_body_of_the_call() -> None:
    with Simulator() as simulator:
        made = model(LLAMA, simulator.base_url)
        count = made.count_tokens(PROMPT, tools=[weather], temperature=0.5)
        call = made.explain(PROMPT, tools=[weather], temperature=0.5).body
        sent = simulator.exchanges[-1].request
    assert (count.input_tokens, count.is_estimate) == (7, False)
    assert sent.path == "/v1/chat/completions/input_tokens"
    assert sent.json == call


def test_vllm_counts_the_fields_of_the_template() -> None:
    options: dict[str, Any] = {
        "chat_template_kwargs": {"enable_thinking": False},
        "documents": [{"text": "a"}],
        "guided_regex": "a|b",
    }
    with Simulator() as simulator:
        made = model(VLLM, simulator.base_url)
        ask = partial(made.count_tokens, PROMPT, tools=[weather], temperature=0.5)
        count = ask(reasoning_effort="low", provider_options=options)
        call: Any = made.explain(PROMPT, tools=[weather]).body
        sent = simulator.exchanges[-1].request
        plain = ask()
        bare = simulator.exchanges[-1].request.json
    assert (count.input_tokens, count.is_estimate) == (7, False)
    assert sent.path == "/tokenize"
    assert bare == call
    assert sent.json == call | {
        "chat_template_kwargs": {
            "reasoning_effort": "low",
            "documents": [{"text": "a"}],
            "enable_thinking": False,
        }
    }
    assert plain == count


def test_a_path_with_a_query_keeps_it() -> None:
    dialect = replace(DIALECT, chat_path="/chat/completions?v=1", counting=INPUT_TOKENS)
    with Simulator() as simulator:
        model(chat_completions_codec(dialect), simulator.base_url).count_tokens("?")
        assert simulator.exchanges[-1].request.target == "/v1/chat/completions/input_tokens?v=1"


def test_a_server_without_an_endpoint_is_estimated() -> None:
    with Simulator() as simulator:
        count = model(chat_completions_codec(DIALECT), simulator.base_url).count_tokens("four")
        assert simulator.exchanges == ()
        missing = model(VLLM, f"{simulator.url}/elsewhere/v1").count_tokens("four")
        (exchange,) = simulator.exchanges
    assert count.note == "acme (chat_completions) has no endpoint that counts tokens"
    assert exchange.request.path == "/elsewhere/tokenize"
    assert (missing.input_tokens, missing.is_estimate) == (5, True)


def test_the_responses_api_counts_the_fields_of_the_prompt() -> None:
    given: dict[str, Any] = {
        "tools": [weather],
        "output_type": dict[str, int],
        "reasoning_effort": "low",
        "temperature": 0.5,
        "max_output_tokens": 9,
        "store": False,
        "user": "u-1",
        "parallel_tool_calls": False,
    }
    with Simulator() as simulator:
        made = model(RESPONSES, simulator.base_url)
        count = made.count_tokens(PROMPT, **given)
        call: Any = made.explain(PROMPT, **given).body
        sent = simulator.exchanges[-1].request
    assert (count.input_tokens, count.is_estimate) == (7, False)
    assert sent.path == "/v1/responses/input_tokens"
    assert sent.json == {name: value for name, value in call.items() if name not in REFUSED}
    assert {"model", "input", "tools", "reasoning", "parallel_tool_calls"} <= sent.json.keys()


def test_a_stored_response_is_not_counted() -> None:
    with Simulator() as simulator:
        made = model(RESPONSES, simulator.base_url)
        with pytest.raises(UnsupportedError, match="usage"):
            made.count_tokens("?", provider_options={"retrieve": "resp_1"})
        assert simulator.exchanges == ()


@pytest.mark.parametrize("codec", [LLAMA, VLLM, RESPONSES], ids=["llama", "vllm", "responses"])
def test_errors_are_those_of_a_call(codec: Codec) -> None:
    with Simulator() as simulator:
        with pytest.raises(AuthenticationError):
            model(codec, simulator.base_url, key="bad").count_tokens("?")
        with pytest.raises(ModelNotFoundError):
            model(codec, simulator.base_url, "fault-unknown").count_tokens("?")


def test_the_capability_follows_from_the_dialect() -> None:
    for dialect, claimed in ((DIALECT, False), (replace(DIALECT, counting=TOKENIZE), True)):
        made = compatible_provider(dialect, description="A server.", base_url="https://a.example")
        assert (Capability.TOKEN_COUNTING in made.metadata.capabilities) is claimed
