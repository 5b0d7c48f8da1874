"""What one vendor's Responses API differs in from another's, as data."""

from collections.abc import Collection, Mapping
from typing import Literal

import msgspec

from chatmodels.openai_compatible._server import Server

ResponsesInput = Literal["image", "image_url", "image_id", "file", "file_url", "file_id"]
"""What messages may hold besides text: bytes, or an address, or an uploaded file's id."""

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
"""What the API takes ("Create a model response" in OpenAI's reference), and where."""


class ResponsesDialect(Server, frozen=True, kw_only=True):
    """One vendor's way of speaking the Responses API, besides what `Server` says.

    Attributes:
        path: Where answers are asked for, below the base URL.
        system_role: What the role of instructions is called.
        output_formats: The kinds of `text.format` there are.
        inputs: What messages of users and tool results may hold besides text.
        paired_calls: The vendor's own domains, at which each tool call needs a result and each
            result a call.
        image_types: The media types of images as bytes; None for all.
        file_types: The media types of files as bytes; None for all.
        refused_files: Media types of files as bytes, or beginnings of some, that are not accepted.
        include: What every answer shall hold besides, as `"reasoning.encrypted_content"` where a
            vendor gives the state of its reasoning only to those who ask.
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
        """What marks the opaque state of this API: chat completions of the vendor have another."""
        return f"{self.name}.responses"
