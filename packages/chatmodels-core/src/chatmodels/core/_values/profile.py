"""The features that one model of one API supports, as data."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec

ToolChoiceMode = Literal["auto", "none", "required", "tool"]

ALL_TOOL_CHOICES: frozenset[ToolChoiceMode] = frozenset({"auto", "none", "required", "tool"})
"""All tool choices."""

FREE_TOOL_CHOICES: frozenset[ToolChoiceMode] = frozenset({"auto", "none"})
"""The choices that do not force the model to call a tool."""

MediaKind = Literal["image", "audio", "file"]
"""Kind of a media part."""

MediaSource = Literal["data", "url", "file_id"]
"""Form in which a media part has its content."""

OutputForm = Literal["strict", "schema", "object"]
"""Structured output by an enforced schema, by a schema that is not enforced, or any JSON object."""

ALL_OUTPUT_FORMS: frozenset[OutputForm] = frozenset({"strict", "schema", "object"})
"""All native forms of structured output."""


Prefill = Literal["none", "rest", "repeats"]
"""The content of a response whose request ends with the beginning of a text of the model."""


class AcceptedMedia(msgspec.Struct, frozen=True, kw_only=True):
    """Media that a model accepts in one place of a conversation.

    A video is of the kind "file". Bytes without a media type are "application/octet-stream". A URL
    without one has those of `types` with which it ends.

    Attributes:
        kind: The `type` of the part.
        sources: The fields of the part that are accepted.
        types: Media types such as "image/png", prefixes such as "text/", or suffixes of URLs such
            as ".png"; None for all media types.
        without: Exceptions to `types`: media types, or prefixes of them.
        url_prefix: The prefix of accepted URLs, such as "s3://".
        as_text: Whether the bytes are sent as text, so that they have to be text.
        max_bytes: The maximum size of `data` in bytes; None for no limit.
        state: The format of the opaque state that media must have, if only the model's own media
            are accepted; empty if all are.
    """

    kind: MediaKind
    sources: Collection[MediaSource] = ("data",)
    types: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    url_prefix: str = ""
    as_text: bool = False
    max_bytes: int | None = None
    state: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The features of one model. Requests are checked against it before they are encoded.

    Attributes:
        settings: The supported settings: neutral name to the field of the body; None for all.
        values: The supported values of a setting, if not all are.
        ranges: The minimum and maximum of a setting, if narrower than core's.
        implied: The values of a setting that apply without a field in the body. They are accepted,
            and omitted from the request.
        needs_tools: The settings that apply only to requests with tools. They are omitted from
            other requests, since several vendors reject them there.
        exclusive: Settings that cannot be combined with each other; the first one takes precedence.
        not_with_reasoning: Setting to the values that can be combined with reasoning, if not all
            can; empty for none.
        reasons_by_default: Whether the model reasons if the settings do not choose.
        tools: Whether tools are supported.
        tools_with_reasoning: Whether tools can be combined with reasoning.
        strict_tools: Whether strict tools are supported.
        output_types: Whether output types are supported, natively or through a tool.
        tool_choices: The supported modes of a tool choice.
        tool_choices_with_reasoning: The modes that can be combined with reasoning, if fewer.
        native_output: The forms of structured output that the API supports. Others are requested
            through a tool that the model has to call.
        strict_output_tool: Whether that tool is strict, if strict tools are supported: some servers
            do not enforce a schema otherwise.
        native_output_without: Fields that cannot be combined with native output.
        user_media: The media that messages of the user can contain; None for all.
        assistant_media: The media that messages of the assistant can contain; None for all.
        result_media: The media that results of tools can contain; None for all.
        part_options: The fields that a `ProviderPart` adds to the part before it; one with other
            fields is a part of its own. None for all fields if there is no `type` among them, but
            none in messages of the assistant.
        state_scope: The scope of the opaque state that the endpoint returns; None if it is valid
            everywhere.
        effort_words: Reasoning effort to the value that is sent for it, if they differ; None for an
            effort that is sent in another way, as a number of tokens or a switch.
        prefill: The content of a response whose request ends with the beginning of a text of the
            model: only the "rest" of the text, or the whole text, because it "repeats" the
            beginning; "none" if the model does not continue a text. If it repeats the beginning,
            such requests cannot have tools.
    """

    settings: Mapping[str, str] | None = None
    values: Mapping[str, Collection[Any]] = {}
    ranges: Mapping[str, tuple[float, float]] = {}
    implied: Mapping[str, Collection[Any]] = {}
    needs_tools: Collection[str] = ()
    exclusive: Sequence[Sequence[str]] = ()
    not_with_reasoning: Mapping[str, Collection[Any]] = {}
    reasons_by_default: bool = False
    tools: bool = True
    tools_with_reasoning: bool = True
    strict_tools: bool = True
    output_types: bool = True
    tool_choices: frozenset[ToolChoiceMode] = ALL_TOOL_CHOICES
    tool_choices_with_reasoning: frozenset[ToolChoiceMode] = ALL_TOOL_CHOICES
    native_output: frozenset[OutputForm] = ALL_OUTPUT_FORMS
    strict_output_tool: bool = False
    native_output_without: Collection[Literal["tools", "documents"]] = ()
    user_media: tuple[AcceptedMedia, ...] | None = None
    assistant_media: tuple[AcceptedMedia, ...] | None = None
    result_media: tuple[AcceptedMedia, ...] | None = None
    part_options: Collection[str] | None = None
    state_scope: str | None = None
    effort_words: Mapping[str, str | None] = {}
    prefill: Prefill = "none"


EVERYTHING = Profile()
