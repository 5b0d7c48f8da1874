"""The dialect of one vendor's Responses API, as data."""

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from chatmodels.openai_compatible._server import Server

ResponsesInput = Literal["image", "image_url", "image_id", "file", "file_url", "file_id"]
"""The media in messages: bytes, a URL, or the id of an uploaded file."""

RESPONSES_SETTINGS: Mapping[str, str] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_output_tokens",
    "logprobs": "include",
    "top_logprobs": "top_logprobs",
    "reasoning_effort": "reasoning.effort",
    "verbosity": "text.verbosity",
    "parallel_tool_calls": "parallel_tool_calls",
    "user": "user",
    "metadata": "metadata",
    "store": "store",
    "service_tier": "service_tier",
    "prompt_cache_key": "prompt_cache_key",
    "prompt_cache_retention": "prompt_cache_retention",
}
"""The settings of the API and their fields ("Create a model response" in OpenAI's reference)."""


class ResponsesDialect(Server, frozen=True, kw_only=True):
    """One vendor's Responses API.

    Attributes:
        path: The path of requests, below the base URL.
        system_role: The name of the role of instructions.
        output_formats: The supported types of `text.format`.
        inputs: The media that user messages and tool results can contain besides text.
        paired_calls: The vendor's own domains, at which each tool call needs a result and each
            result a call.
        image_types: The media types of images as bytes; None for all.
        file_types: The media types of files as bytes; None for all.
        refused_files: Media types of files as bytes, or prefixes of some, that are not accepted.
        include: Additional output of every response, such as `"reasoning.encrypted_content"` if a
            vendor sends the state of its reasoning only on request.
    """

    settings: Mapping[str, str] = msgspec.field(default_factory=lambda: RESPONSES_SETTINGS)
    path: str = "/responses"
    system_role: Literal["system", "developer"] = "system"
    output_formats: frozenset[Literal["json_schema", "json_object"]] = frozenset(
        {"json_schema", "json_object"}
    )
    inputs: frozenset[ResponsesInput] = frozenset(
        {"image", "image_url", "image_id", "file", "file_url", "file_id"}
    )
    paired_calls: Collection[str] = ()
    image_types: tuple[str, ...] | None = None
    file_types: tuple[str, ...] | None = None
    refused_files: tuple[str, ...] = ()
    include: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The format of this API's opaque state: the vendor's chat completions have another."""
        return f"{self.name}.responses"
