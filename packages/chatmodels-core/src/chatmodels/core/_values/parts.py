"""What a message is made of: text, media, tool calls and their results, reasoning, refusals."""

from typing import Any, ClassVar, Literal, get_args

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError, ToolArgumentsError

Json = Any
"""Parsed JSON: None, bool, int, float, str, list and dict, nested."""


class FrozenValue(msgspec.Struct, frozen=True, omit_defaults=True, repr_omit_defaults=True):
    """A value that is immutable, compared by content, written and shown without its defaults."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """List what is shown, by rich too: an image is not, since it would fill the screen."""
        return [(name, _bounded(value)) for name, value in super().__rich_repr__()]


def _bounded(value: object) -> object:
    if isinstance(value, msgspec.Raw) or (isinstance(value, bytes) and len(value) > _SHOWN_BYTES):
        return _Size(memoryview(value).nbytes)
    return value


class _Size(int):
    """Stands for so many bytes where they would be shown."""

    def __repr__(self) -> str:
        return f"<{int(self):,} bytes>"


_SHOWN_BYTES = 64


class ProviderState(FrozenValue, frozen=True, rename={"format": "provider"}):
    """A vendor's opaque proof or state, to be sent back untouched where it is valid.

    In JSON `format` is called "provider", its name in earlier versions.

    Attributes:
        format: The wire format that understands it, named after the vendor: "anthropic",
            "openai.responses".
        data: Whatever the vendor sent, as parsed JSON.
        scope: Where it is valid, usually a host: sealed reasoning of one Azure resource means
            nothing to another. None if it is valid wherever the format is understood.
    """

    format: str
    data: Json
    scope: str | None = None

    def is_valid_in(self, scope: str | None, /) -> bool:
        """Return whether it is valid at an endpoint.

        Args:
            scope: Where the opaque state of the endpoint is valid; None if it is valid everywhere.
        """
        return self.scope is None or self.scope == scope


Signature = ProviderState  # in pickles of 0.1.0


class Citation(FrozenValue, frozen=True, kw_only=True):
    """Where a statement in a text comes from.

    Attributes:
        url: The page cited, if it is one.
        title: The title of the page or document.
        quote: The passage cited, as the vendor gives it.
        start: First character of the text that the citation supports, counted from 0.
        end: One past its last character.
        source: The vendor's id of the document or file cited.
    """

    url: str | None = None
    title: str | None = None
    quote: str | None = None
    start: int | None = None
    end: int | None = None
    source: str | None = None


class TextPart(FrozenValue, frozen=True, tag_field="type", tag="text"):
    """Visible text, and what it cites."""

    type: ClassVar[Literal["text"]] = "text"

    text: str
    citations: tuple[Citation, ...] = ()
    signature: ProviderState | None = None

    def __post_init__(self) -> None:
        if type(self.text) is not str:
            check_field(self, "text", str, "pass str(...)")


class ImagePart(FrozenValue, frozen=True, kw_only=True, tag_field="type", tag="image"):
    """An image, as bytes, as a URL, or as the id of a file that the vendor holds.

    Attributes:
        data: The encoded image.
        url: An `https` address that the vendor can fetch.
        file_id: The vendor's id of an uploaded file.
        media_type: As in `"image/png"`; always known where there is `data`.
        detail: How closely the model should look, where the vendor lets one choose.
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
    """Sound, spoken by a user or by a model.

    Attributes:
        data: The encoded sound.
        url: An `https` address that the vendor can fetch.
        file_id: The vendor's id of an uploaded file, or of sound that it made earlier.
        media_type: As in `"audio/wav"`; always known where there is `data`.
        transcript: What is said in it, where the vendor tells.
        expires_at: Until when the vendor keeps what `file_id` names, in Unix seconds.
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
        data: Its bytes.
        url: An `https` address that the vendor can fetch.
        file_id: The vendor's id of an uploaded file.
        media_type: As in `"application/pdf"`; always known where there is `data`.
        name: Its file name.
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
    """The model's wish to have a tool run.

    Attributes:
        id: What the result must refer to.
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
        """The arguments as parsed JSON; models write `""` or `null` where there are none.

        Raises:
            ToolArgumentsError: The model wrote something else than a JSON object, usually
                because its output was cut off.
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
        # Halves of characters are JSON, and become U+FFFD as in all other texts.
        from chatmodels.core._values.half_characters import without_half_characters

        mended = without_half_characters(text)
        if mended == text:
            raise
        return _ARGUMENTS.decode(mended)


_ARGUMENTS: msgspec.json.Decoder[dict[str, Json] | None] = msgspec.json.Decoder(
    dict[str, Json] | None
)


ResultPart = TextPart | ImagePart | AudioPart | FilePart
"""The parts of a tool's result."""


class ToolResult(FrozenValue, frozen=True, tag_field="type", tag="tool_result"):
    """What a tool gave back.

    Attributes:
        id: The `id` of the call that it answers.
        content: Text and media.
        name: The tool's name, which some vendors want to see again.
        is_error: Whether the tool failed and `content` tells why.
    """

    type: ClassVar[Literal["tool_result"]] = "tool_result"

    id: str
    content: tuple[ResultPart, ...] = ()
    name: str | None = None
    is_error: bool = False

    def __post_init__(self) -> None:
        check_field(self, "id", str, "pass the id of the call")
        if type(self.content) is not tuple:
            check_field(self, "content", list, "tool_result() makes the parts of texts and media")
            msgspec.structs.force_setattr(self, "content", tuple(self.content))
        for part in self.content:
            if not isinstance(part, _RESULT_PARTS):
                raise InvalidRequestError(
                    f"the content of a ToolResult consists of text and media parts, not "
                    f"{type(part).__name__}; tool_result() makes them of texts and media"
                )

    @property
    def text(self) -> str:
        """All text of the content, joined."""
        return "".join(part.text for part in self.content if isinstance(part, TextPart))


class ReasoningPart(FrozenValue, frozen=True, tag_field="type", tag="reasoning"):
    """What the model thought before it answered, as far as the vendor shows it.

    Attributes:
        text: The readable reasoning or its summary; empty where the vendor hides it.
        signature: What the vendor wants back with the next turn, untouched.
    """

    type: ClassVar[Literal["reasoning"]] = "reasoning"

    text: str = ""
    signature: ProviderState | None = None

    def __post_init__(self) -> None:
        if type(self.text) is not str:
            check_field(self, "text", str, "pass str(...)")


class RefusalPart(FrozenValue, frozen=True, tag_field="type", tag="refusal"):
    """The model's own words for why it will not answer."""

    type: ClassVar[Literal["refusal"]] = "refusal"

    text: str

    def __post_init__(self) -> None:
        if type(self.text) is not str:
            check_field(self, "text", str, "pass str(...)")


class ProviderPart(FrozenValue, frozen=True, tag_field="type", tag="provider"):
    """Something only one vendor has, such as the trace of a tool that it ran itself.

    It is sent back to that vendor as it came, and left out for every other.
    """

    type: ClassVar[Literal["provider"]] = "provider"

    signature: ProviderState

    def __post_init__(self) -> None:
        check_field(
            self, "signature", ProviderState, "the vendor's part_options() makes such a part"
        )


def check_field(part: FrozenValue, field: str, kind: type | tuple[type, ...], remedy: str) -> None:
    """Refuse a value that type checkers refuse too: else the provider would be blamed for it."""
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
"""Anything a message may hold; `part.type` tells which."""

_RESULT_PARTS: tuple[Any, ...] = get_args(ResultPart)
