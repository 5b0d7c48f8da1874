"""The dialect of one vendor's chat completions API, as data."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal

import msgspec

from chatmodels.core.extending import ALL_TOOL_CHOICES, Prefill, ToolChoiceMode
from chatmodels.http import ANY_ID, Counting, IdForm
from chatmodels.http.wire import Json
from chatmodels.openai_compatible._server import Server

Input = Literal[
    "image", "image_url", "audio", "audio_url", "file", "file_url", "file_id", "video_url"
]
"""The media in user messages: bytes, a URL, or the id of an uploaded file."""

COMMON_SETTINGS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
    "stop": "stop",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logit_bias": "logit_bias",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "parallel_tool_calls": "parallel_tool_calls",
    "user": "user",
}
"""The settings that nearly every vendor accepts, with the field names that most of them use."""


Adapt = Callable[[dict[str, Json], list[str]], None]
"""Adapts a body to one vendor, and adds unsupported features to the list of problems."""


class Dialect(Server, frozen=True, kw_only=True):
    """One vendor's chat completions API.

    The `name` is also the format of the opaque state that only this vendor understands.

    Attributes:
        chat_path: The path of chat requests, below the base URL.
        system_role: The name of the role of instructions.
        usage_option: Whether streams report usage only if `stream_options` requests it.
        tools: Whether tools are supported.
        tools_with_reasoning: Whether tools can be combined with reasoning.
        strict_tools: Whether tools can be `strict`.
        tool_choices: The supported modes of a tool choice.
        tool_choices_with_reasoning: The modes that can be combined with reasoning, if fewer.
        sends_named_tool_alone: Whether a named tool is sent without the others and as "required",
            because the server does not accept the name of a tool as the choice.
        output_formats: The supported types of `response_format`.
        native_output_without: Fields that cannot be combined with `response_format`.
        inputs: The media that user messages can contain besides text.
        audio_formats: The encodings of audio in the input.
        image_types: The media types of images as bytes; None for all.
        file_types: The media types of files as bytes, except videos; None for all.
        result_inputs: The media that tool results can contain besides text.
        text_fields: The fields that a text of an assistant message accepts besides its text. None
            if such a message accepts only one text: several are joined then.
        call_ids: The ids of tool calls that are accepted.
        paired_calls: The vendor's own domains, at which each tool call needs a result and each
            result a call.
        reasoning_field: The field of an assistant message that returns its readable reasoning;
            None if reasoning is not returned. "content" returns it as a part of the content
            (Mistral), "as_sent" in the field in which this server sent it.
        think_tags: Whether the text of a response can begin with reasoning in `<think>` tags.
        effort_words: The values that are sent for reasoning efforts, if they differ.
        effort_fields: Reasoning effort to the fields that are sent for it instead, as in
            `{"none": {"thinking.type": "disabled"}}`. A dot descends into an object.
        reasoning_details: Whether `reasoning_details` are returned, instead of readable reasoning.
        speaker_names: Whether messages can have the name of a speaker; it is left out otherwise.
        fields: Fields of each request; a dot in a path descends into an object.
        streams_whole: Whether whole responses are requested as streams, because the server goes on
            with an abandoned whole response.
        prefill: Whether and how the API continues a text of the model: see `Profile`.
        counting: The endpoint that counts tokens: `INPUT_TOKENS` (llama.cpp) or `TOKENIZE` (vLLM);
            None if there is none.
        adapt: Adapts the body to this vendor, before the caller's `provider_options` are merged.
    """

    settings: Mapping[str, str] = msgspec.field(default_factory=lambda: COMMON_SETTINGS)
    chat_path: str = "/chat/completions"
    system_role: Literal["system", "developer"] = "system"
    usage_option: bool = True
    tools: bool = True
    tools_with_reasoning: bool = True
    strict_tools: bool = True
    tool_choices: frozenset[ToolChoiceMode] = ALL_TOOL_CHOICES
    tool_choices_with_reasoning: frozenset[ToolChoiceMode] = ALL_TOOL_CHOICES
    sends_named_tool_alone: bool = False
    output_formats: frozenset[Literal["json_schema", "json_object"]] = frozenset(
        {"json_schema", "json_object"}
    )
    native_output_without: Collection[Literal["tools", "documents"]] = ()
    inputs: frozenset[Input] = frozenset({"image", "image_url"})
    audio_formats: frozenset[str] = frozenset({"wav", "mp3"})
    image_types: tuple[str, ...] | None = None
    file_types: tuple[str, ...] | None = None
    result_inputs: frozenset[Input] = frozenset()
    text_fields: frozenset[str] | None = None
    call_ids: IdForm = ANY_ID
    paired_calls: Collection[str] = ()
    reasoning_field: Literal["reasoning_content", "reasoning", "content", "as_sent"] | None = None
    think_tags: bool = False
    effort_words: Mapping[str, str] = {}
    effort_fields: Mapping[str, Mapping[str, Json]] = {}
    reasoning_details: bool = False
    speaker_names: bool = True
    fields: Mapping[str, Json] = {}
    streams_whole: bool = False
    prefill: Prefill = "none"
    counting: Counting | None = None
    adapt: Adapt | None = None


ANY_SERVER = Dialect(
    name="openai-compatible",
    settings={
        **COMMON_SETTINGS,
        "reasoning_effort": "reasoning_effort",
        "metadata": "metadata",
        "store": "store",
        "service_tier": "service_tier",
        "prompt_cache_key": "prompt_cache_key",
        "prompt_cache_retention": "prompt_cache_retention",
        "prediction": "prediction",
        "audio_output": "audio",
        "verbosity": "verbosity",
    },
    inputs=frozenset({"image", "image_url", "audio", "file", "file_id"}),
    reasoning_field="as_sent",
    reasoning_details=True,
)
"""The dialect for a server of which nothing is known: all of OpenAI's fields, and it decides.

Nearly all servers support `max_tokens`, and many silently ignore `max_completion_tokens`, such as
llama-cpp-python 0.3. Reasoning is returned to the server in the field in which it was sent.
"""
