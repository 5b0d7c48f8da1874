"""The contract suite notices what a provider loses, and each message has the rule and the values.

`./run mutants codecs` puts more faults into the codecs themselves.
"""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from chatmodels.core import (
    LogprobsDelta,
    PartEnd,
    ReasoningDelta,
    ReasoningPart,
    StreamEnd,
    ToolCallDelta,
    ToolCallEnd,
    UsageUpdate,
)
from chatmodels.core.extending import Capability, register_provider, unregister_provider
from chatmodels.http import HttpProvider
from chatmodels.openai_compatible import ANY_SERVER, compatible_provider
from chatmodels.testing.contract import ProviderContract, checks

CONTRACT = ProviderContract(
    provider="forgetful", model="m", registered_by="chatmodels.openai_compatible"
)
Body = dict[str, Any]


def user_rules(body: Body) -> None:
    for message in body["messages"]:
        message["role"] = message["role"].replace("system", "user")


def no_names(body: Body) -> None:
    for message in body["messages"]:
        message.pop("name", None)


def no_images(body: Body) -> None:
    for message in body["messages"]:
        message["content"] = [part for part in message["content"] if "text" in part]


def no_texts(body: Body) -> None:
    for message in body["messages"]:
        message["content"] = [part for part in message["content"] if "text" not in part]


def no_detail(body: Body) -> None:
    for message in body["messages"]:
        for part in message["content"]:
            if isinstance(part, dict) and "image_url" in part:
                part["image_url"].pop("detail", None)


def no_descriptions(body: Body) -> None:
    for tool in body.get("tools", []):
        tool["function"].pop("description", None)


def no_parameters(body: Body) -> None:
    for tool in body.get("tools", []):
        tool["function"]["parameters"] = {"type": "object", "properties": {}}


def lax_tools(body: Body) -> None:
    for tool in body.get("tools", []):
        tool["function"].pop("strict", None)


def one_tool(body: Body) -> None:
    body["tools"] = body["tools"][:1]


def no_choice(body: Body) -> None:
    body.pop("tool_choice", None)


def no_schema(body: Body) -> None:
    body.pop("response_format", None)


def lax_schema(body: Body) -> None:
    body.get("response_format", {}).get("json_schema", {}).pop("strict", None)


def no_calls(body: Body) -> None:
    for message in body["messages"]:
        message.pop("tool_calls", None)


def no_ids(body: Body) -> None:
    for message in body["messages"]:
        if "tool_call_id" in message:
            message["tool_call_id"] = "call"


def same_ids(body: Body) -> None:
    for message in body["messages"]:
        for call in message.get("tool_calls", []):
            call["id"] = "call"
        if "tool_call_id" in message:
            message["tool_call_id"] = "call"


def no_results(body: Body) -> None:
    for message in body["messages"]:
        if message["role"] == "tool":
            message["content"] = ""


def no_words(body: Body) -> None:
    for message in body["messages"]:
        if "tool_calls" in message:
            message["content"] = None


def other_field(body: Body) -> None:
    if "max_tokens" in body:
        body["max_output"] = body.pop("max_tokens")


def no_reasoning(body: Body) -> None:
    for message in body["messages"]:
        message.pop("reasoning_content", None)


REQUESTS: dict[Callable[[Body], None], tuple[str, str]] = {
    user_rules: ("messages-arrive-with-their-roles", "'system', 'Count in steps of three.'"),
    no_names: ("names-of-speakers-arrive", "was sent with the name None"),
    no_images: ("media-arrive-unchanged", "has no media; encode the part"),
    no_texts: ("media-arrive-unchanged", "the text beside a part"),
    no_detail: ("the-detail-of-an-image-arrives", "with the detail [None]"),
    no_descriptions: (
        "tools-arrive-with-descriptions-and-schemas",
        "the description of the tool 'weather' arrived as ''",
    ),
    no_parameters: (
        "tools-arrive-with-descriptions-and-schemas",
        "has properties ['city'], but was sent as",
    ),
    lax_tools: ("tools-arrive-with-descriptions-and-schemas", "was not sent as strict"),
    one_tool: (
        "tools-arrive-with-descriptions-and-schemas",
        "the tools ['weather', 'tide'] were sent as ['weather']",
    ),
    no_choice: ("the-tool-choice-arrives", "ToolChoice(mode='none') was asked for"),
    no_schema: ("the-output-schema-arrives", "its schema did not arrive"),
    lax_schema: ("the-output-schema-arrives", "is not strict"),
    no_calls: ("calls-and-results-of-the-history-arrive", "a call with tools fails, although"),
    no_ids: ("calls-and-results-of-the-history-arrive", "a call with tools fails, although"),
    same_ids: ("calls-and-results-of-the-history-arrive", "a call with tools fails, although"),
    no_results: ("calls-and-results-of-the-history-arrive", "arrived as ['', '']"),
    no_words: ("calls-and-results-of-the-history-arrive", "the text beside the calls"),
    other_field: ("settings-arrive-in-their-fields", "{'max_output_tokens': None}"),
    no_reasoning: ("reasoning-is-sent-back", "the next request has no reasoning"),
}


@pytest.mark.parametrize("fault", REQUESTS, ids=lambda fault: fault.__name__)
def test_the_suite_notices_what_a_request_lacks(fault: Callable[[Body], None]) -> None:
    name, message = REQUESTS[fault]
    dialect = replace(ANY_SERVER, name="forgetful", adapt=lambda body, _: fault(body))

    assert message in failure_of(provider_with(dialect), name)


def no_reasoning_parts(event: Any) -> list[Any]:
    reasons = isinstance(event, PartEnd) and isinstance(event.part, ReasoningPart)
    return [] if reasons or isinstance(event, ReasoningDelta) else [event]


def no_logprobs(event: Any) -> list[Any]:
    return [] if isinstance(event, LogprobsDelta) else [event]


def never_cut_off(event: Any) -> list[Any]:
    cut_off = isinstance(event, StreamEnd) and event.finish_reason == "length"
    return [replace(event, finish_reason="stop")] if cut_off else [event]


def swapped_usage(event: Any) -> list[Any]:
    if not isinstance(event, UsageUpdate):
        return [event]
    usage = event.usage
    swapped = replace(usage, input_tokens=usage.output_tokens, output_tokens=usage.input_tokens)
    return [UsageUpdate(swapped)]


def no_ends(event: Any) -> list[Any]:
    return [] if isinstance(event, ToolCallEnd) else [event]


def one_index(event: Any) -> list[Any]:
    return [replace(event, index=4)] if isinstance(event, ToolCallDelta) else [event]


RESPONSES: dict[Callable[[Any], list[Any]], tuple[str, str]] = {
    no_reasoning_parts: ("reasoning-is-decoded", "was decoded as ('', 'Tides turn.')"),
    no_logprobs: ("logprobs-are-decoded", "were decoded as []"),
    never_cut_off: (
        "finish-reasons-are-decoded",
        "because of 'length' has the finish reason 'stop'",
    ),
    swapped_usage: ("usage-is-decoded", "'input_tokens': (503, 1009)"),
    no_ends: ("events-of-tool-calls-are-complete", "return one ToolCallEnd"),
    one_index: ("events-of-tool-calls-are-complete", "with the index of its call"),
}


class Changed:
    """A decoder whose events a function changes."""

    def __init__(self, decoder: Any, change: Callable[[Any], list[Any]]) -> None:
        self._decoder = decoder
        self._change = change

    def feed(self, frame: Any, /) -> list[Any]:
        return self._changed(self._decoder.feed(frame))

    def close(self) -> list[Any]:
        return self._changed(self._decoder.close())

    def whole(self, body: bytes, /) -> list[Any]:
        return self._changed(self._decoder.whole(body))

    def _changed(self, events: Any) -> list[Any]:
        return [changed for event in events for changed in self._change(event)]


@pytest.mark.parametrize("fault", RESPONSES, ids=lambda fault: fault.__name__)
def test_the_suite_notices_what_a_response_lacks(fault: Callable[[Any], list[Any]]) -> None:
    name, message = RESPONSES[fault]
    correct = provider_with(replace(ANY_SERVER, name="forgetful"))
    codec_of = correct._codec

    def codec(options: Any) -> Any:
        whole = codec_of(options)
        return replace(whole, decoder=lambda request: Changed(whole.decoder(request), fault))

    assert message in failure_of(HttpProvider(correct.metadata, codec), name)


@pytest.mark.parametrize(
    "name", sorted({name for name, _ in [*REQUESTS.values(), *RESPONSES.values()]})
)
def test_a_correct_provider_passes(name: str) -> None:
    assert failure_of(provider_with(replace(ANY_SERVER, name="forgetful")), name) == ""


def provider_with(dialect: Any) -> HttpProvider:
    return compatible_provider(
        dialect,
        description="Forgets.",
        base_url="https://forgetful.example/v1",
        api_key_env=["FORGETFUL_API_KEY"],
        documentation_url="https://forgetful.example",
        capabilities=[Capability.REASONING, Capability.LOGPROBS],
    )


def failure_of(provider: HttpProvider, name: str) -> str:
    """Return the message of a check; empty if the provider passes it."""
    (check,) = [each for each in checks(CONTRACT) if each.name == name]
    register_provider(provider)
    try:
        check()
    except AssertionError as error:
        return str(error)
    finally:
        unregister_provider("forgetful")
    return ""
