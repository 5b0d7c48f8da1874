"""What one vendor's chat completions differ in from another's, as data."""

from collections.abc import Callable, Collection, Mapping
from typing import Literal

import msgspec

from chatmodels.http import ANY_ID, IdForm
from chatmodels.http.wire import Json
from chatmodels.openai_compatible._server import Server

Input = Literal[
    "image", "image_url", "audio", "audio_url", "file", "file_url", "file_id", "video_url"
]
"""What user messages may hold besides text: bytes, or an address, or an uploaded file's id."""

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
"""What nearly every vendor of the dialect takes, under the names that most of them use."""


Adapt = Callable[[dict[str, Json], list[str]], None]
"""Changes a body to what one vendor wants; what cannot be expressed is added to the problems."""


class Dialect(Server, frozen=True, kw_only=True):
    """One vendor's way of speaking chat completions, besides what `Server` says.

    The `name` also marks the opaque state that only this vendor understands.

    Attributes:
        chat_path: Where answers are asked for, below the base URL.
        system_role: What the role of instructions is called.
        usage_option: Whether streams report usage only if `stream_options` asks for it.
        strict_tools: Whether tools may be `strict`.
        output_formats: The kinds of `response_format` there are.
        inputs: What user messages may hold besides text.
        audio_formats: The encodings of audio in the input.
        image_types: The media types of images as bytes; None for all.
        file_types: The media types of files as bytes, videos apart; None for all.
        result_inputs: What tool results may hold besides text.
        text_fields: The fields that a text of an assistant message accepts besides its text. None
            if such a message accepts one text only: several are joined then.
        call_ids: The ids of tool calls that are accepted.
        paired_calls: The vendor's own domains, at which each tool call needs a result and each
            result a call.
        reasoning_field: Where an assistant message takes its own readable reasoning back; None
            if it does not. "content" is Mistral's: as a part of the content. "as_sent" is the
            field in which this server sent it.
        effort_words: Reasoning effort to the word that is sent for it, if that is another one.
        reasoning_details: Whether it takes `reasoning_details` back, which then count instead.
        adapt: What this vendor wants otherwise than all others do; called before the caller's
            `provider_options` are put in.
    """

    settings: Mapping[str, str] = msgspec.field(default_factory=lambda: COMMON_SETTINGS)
    chat_path: str = "/chat/completions"
    system_role: Literal["system", "developer"] = "system"
    usage_option: bool = True
    strict_tools: bool = True
    output_formats: frozenset[Literal["json_schema", "json_object"]] = frozenset(
        {"json_schema", "json_object"}
    )
    inputs: frozenset[Input] = frozenset({"image", "image_url"})
    audio_formats: frozenset[str] = frozenset({"wav", "mp3"})
    image_types: tuple[str, ...] | None = None
    file_types: tuple[str, ...] | None = None
    result_inputs: frozenset[Input] = frozenset()
    text_fields: frozenset[str] | None = None
    call_ids: IdForm = ANY_ID
    paired_calls: Collection[str] = ()
    reasoning_field: Literal["reasoning_content", "reasoning", "content", "as_sent"] | None = None
    effort_words: Mapping[str, str] = {}
    reasoning_details: bool = False
    adapt: Adapt | None = None
