"""The parts of messages: text, media, tool calls and their results, reasoning, refusals."""

from importlib import import_module
from typing import Any, ClassVar, Literal, get_args

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError, ToolArgumentsError

Json = Any
"""Parsed JSON: None, bool, int, float, str, list and dict, nested."""


class FrozenValue(msgspec.Struct, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """An immutable value that is compared by content; JSON and repr omit its defaults."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any:
        """Return the schema by which pydantic validates and serializes instances."""
        return import_module(_PYDANTIC).core_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any, /) -> Any:
        """Return the JSON Schema of instances."""
        return import_module(_PYDANTIC).inline_schema(cls)

    def _repr_html_(self) -> str | None:
        """Return HTML for notebooks; None for values that are shown by their repr."""
        return import_module(f"{_NOTEBOOKS}.html").html(self)

    def _repr_markdown_(self) -> str | None:
        """Return Markdown for notebooks that do not show HTML; None as for HTML."""
        return import_module(f"{_NOTEBOOKS}.markdown").markdown(self)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """List the fields to show, by rich too; long bytes are replaced by their size."""
        return [(name, _bounded(value)) for name, value in super().__rich_repr__()]


def _bounded(value: object) -> object:
    if isinstance(value, msgspec.Raw) or (isinstance(value, bytes) and len(value) > _SHOWN_BYTES):
        return _Size(memoryview(value).nbytes)
    return value


class _Size(int):
    """A placeholder in a repr for a number of bytes."""

    def __repr__(self) -> str:
        return f"<{int(self):,} bytes>"


_SHOWN_BYTES = 64

# Imported by name, because these modules build on this one.
_PYDANTIC = "chatmodels.core._schema.pydantic_fields"
_NOTEBOOKS = "chatmodels.core._notebooks"


class ProviderState(FrozenValue, frozen=True, rename={"format": "provider"}):
    """A vendor's opaque state, such as a signature, to be sent back unchanged.

    In JSON, `format` has its former name, "provider".

    Attributes:
        format: The wire format of the state, named after the vendor: "anthropic",
            "openai.responses".
        data: The vendor's data, as parsed JSON.
        scope: The endpoints that accept it, usually a host: one Azure resource cannot read the
            encrypted reasoning of another. None if every endpoint with the format accepts it.
    """

    format: str
    data: Json
    scope: str | None = None

    def is_valid_in(self, scope: str | None, /) -> bool:
        """Report whether an endpoint accepts the state.

        Args:
            scope: The scope of the endpoint's own state; None if it is valid everywhere.
        """
        return self.scope is None or self.scope == scope


Signature = ProviderState  # in pickles of 0.1.0


class Citation(FrozenValue, frozen=True, kw_only=True):
    """The source of a statement in a text.

    Attributes:
        url: The URL of the cited page, if it is a page.
        title: The title of the page or document.
        quote: The cited passage, as the vendor returns it.
        start: The index of the first character of the text that the citation supports, from 0.
        end: The index after its last character.
        source: The vendor's id of the cited document or file.
    """

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    source: str | None = None


class TextPart(FrozenValue, frozen=True, tag_field="type", tag="text"):
    """Visible text, and its citations."""

    type: ClassVar[Literal["text"]] = "text"

    text: str
    citations: tuple[Citation, ...] = ()
    signature: ProviderState | None = None

    def __post_init__(self) -> None:
        if type(self.text) is not str:
            check_field(self, "text", str, "pass str(...)")


class ImagePart(FrozenValue, frozen=True, kw_only=True, tag_field="type", tag="image"):
    """An image, as bytes, as a URL, or as the id of a file stored by the vendor.

    Attributes:
        data: The encoded image.
        url: An `https` URL that the vendor can fetch.
        file_id: The vendor's id of an uploaded file.
        media_type: The media type, such as `"image/png"`; never None if there is `data`.
        detail: The level of detail, if the vendor supports a choice.
    """

    type: ClassVar[Literal["image"]] = "image"

    data: bytes | None = None
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None
    signature: ProviderState | None = None

    def __post_init__(self) -> None:
        _check_medium(self, "image")


class AudioPart(FrozenValue, frozen=True, kw_only=True, tag_field="type", tag="audio"):
    """Audio, from a user or a model.

    Attributes:
        data: The encoded audio.
        url: An `https` URL that the vendor can fetch.
        file_id: The vendor's id of an uploaded file, or of audio that it generated earlier.
        media_type: The media type, such as `"audio/wav"`; never None if there is `data`.
        transcript: The transcript, if the vendor returns one.
        expires_at: The time at which the vendor deletes the file of `file_id`, in Unix seconds.
    """

    type: ClassVar[Literal["audio"]] = "audio"

    data: bytes | None = None
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    transcript: str | None = None
    expires_at: int | None = None

    def __post_init__(self) -> None:
        _check_medium(self, "audio")


class FilePart(FrozenValue, frozen=True, kw_only=True, tag_field="type", tag="file"):
    """A document, a video or any other file.

    Attributes:
        data: The content.
        url: An `https` URL that the vendor can fetch.
        file_id: The vendor's id of an uploaded file.
        media_type: The media type, such as `"application/pdf"`; never None if there is `data`.
        name: The file name.
    """

    type: ClassVar[Literal["file"]] = "file"

    data: bytes | None = None
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        _check_medium(self, "file")


class ToolCall(FrozenValue, frozen=True, tag_field="type", tag="tool_call"):
    """A request of the model to run a tool.

    Attributes:
        id: The id that the result must have.
        name: The tool's name.
        arguments_json: The arguments exactly as the model wrote them.
        signature: The vendor's opaque state that belongs to the call.
    """

    type: ClassVar[Literal["tool_call"]] = "tool_call"

    id: str
    name: str
    arguments_json: str = "{}"
    signature: ProviderState | None = None

    def __post_init__(self) -> None:
        if not (type(self.id) is type(self.name) is type(self.arguments_json) is str):
            check_field(self, "id", str, "pass the id of the call")
            check_field(self, "name", str, "pass the name of the tool")
            check_field(self, "arguments_json", str, "pass json.dumps(...) of the arguments")

    @property
    def arguments(self) -> dict[str, Json]:
        """The arguments as parsed JSON; models write `""` or `null` if there are none.

        Raises:
            ToolArgumentsError: The arguments are not a JSON object, usually because the output
                was cut off.
        """
        try:
            return _parsed(self.arguments_json.strip() or "null") or {}
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            raise ToolArgumentsError(
                f"the arguments of tool call {self.name!r} are not a JSON object ({error}): "
                f"{self.arguments_json[:200]!r}",
                op="tool_call",
            ) from error


def _parsed(text: str) -> dict[str, Json] | None:
    try:
        return _ARGUMENTS.decode(text)
    except msgspec.DecodeError:
        # Lone surrogates are valid JSON; they become U+FFFD as in all other texts.
        from chatmodels.core._values.lone_surrogates import replace_lone_surrogates

        repaired = replace_lone_surrogates(text)
        if repaired == text:
            raise
        return _ARGUMENTS.decode(repaired)


_ARGUMENTS: msgspec.json.Decoder[dict[str, Json] | None] = msgspec.json.Decoder(
    dict[str, Json] | None
)


ResultPart = TextPart | ImagePart | AudioPart | FilePart
"""The parts of a tool's result."""


class ToolResult(FrozenValue, frozen=True, tag_field="type", tag="tool_result"):
    """The result of a tool call.

    Attributes:
        id: The `id` of the call.
        content: Text and media.
        name: The tool's name, which some vendors require.
        is_error: Whether the tool failed, with the reason in `content`.
        lenient: Whether media that a model does not accept become a line of text, and
            `response.warnings` names them. Otherwise they raise an error, unless
            `on_unsupported` is "warn".
    """

    type: ClassVar[Literal["tool_result"]] = "tool_result"

    id: str
    content: tuple[ResultPart, ...] = ()
    name: str | None = None
    is_error: bool = False
    lenient: bool = False

    def __post_init__(self) -> None:
        check_field(self, "id", str, "pass the id of the call")
        if type(self.content) is not tuple:
            check_field(
                self, "content", list, "tool_result() creates the parts from strings and media"
            )
            msgspec.structs.force_setattr(self, "content", tuple(self.content))
        for part in self.content:
            if not isinstance(part, _RESULT_PARTS):
                raise InvalidRequestError(
                    f"the content of a ToolResult consists of text and media parts, not "
                    f"{type(part).__name__}; tool_result() creates them from strings and media"
                )

    @property
    def text(self) -> str:
        """All text of the content, joined."""
        return "".join(part.text for part in self.content if isinstance(part, TextPart))


class ReasoningPart(FrozenValue, frozen=True, tag_field="type", tag="reasoning"):
    """The reasoning of the model before its response, if the vendor returns it.

    Attributes:
        text: The readable reasoning or its summary; empty if the vendor hides it.
        signature: The vendor's state to send back unchanged with the next turn.
    """

    type: ClassVar[Literal["reasoning"]] = "reasoning"

    text: str = ""
    signature: ProviderState | None = None

    def __post_init__(self) -> None:
        if type(self.text) is not str:
            check_field(self, "text", str, "pass str(...)")


class RefusalPart(FrozenValue, frozen=True, tag_field="type", tag="refusal"):
    """The model's explanation why it refuses to respond."""

    type: ClassVar[Literal["refusal"]] = "refusal"

    text: str

    def __post_init__(self) -> None:
        if type(self.text) is not str:
            check_field(self, "text", str, "pass str(...)")


class ProviderPart(FrozenValue, frozen=True, tag_field="type", tag="provider"):
    """A part that only one vendor supports, such as the trace of a tool that it ran itself.

    It is sent back unchanged to that vendor, and omitted for others.

    Attributes:
        signature: The part as the vendor sent it.
        awaits_caller: Whether the vendor waits for the caller to do something, such as a click on
            a screen, in a response that calls tools as well. In a response without calls of tools,
            the finish reason "tool_calls" means that.
    """

    type: ClassVar[Literal["provider"]] = "provider"

    signature: ProviderState
    awaits_caller: bool = False

    def __post_init__(self) -> None:
        check_field(
            self, "signature", ProviderState, "the vendor's part_options() creates such a part"
        )


def check_field(part: FrozenValue, field: str, kind: type | tuple[type, ...], remedy: str) -> None:
    """Check the type of a field at run time; otherwise the error would come from the provider."""
    value = getattr(part, field)
    if not isinstance(value, kind):
        raise InvalidRequestError(
            f"{type(part).__name__}.{field} cannot be {type(value).__name__}; {remedy}"
        )


def _check_medium(part: FrozenValue, maker: str) -> None:
    remedy = f"{maker}() reads paths, bytes and URLs"
    check_field(part, "data", _BYTES, remedy)
    for field in ("url", "file_id", "media_type"):
        check_field(part, field, _TEXT, remedy)


_BYTES = (bytes, bytearray, memoryview, type(None))
_TEXT = (str, type(None))

Part = (
    TextPart
    | ImagePart
    | AudioPart
    | FilePart
    | ToolCall
    | ToolResult
    | ReasoningPart
    | RefusalPart
    | ProviderPart
)
"""Any part of a message; `part.type` is its type."""

_RESULT_PARTS: tuple[Any, ...] = get_args(ResultPart)
