"""Places the media of a conversation where a model accepts them, before a request is encoded.

A medium stays if its place is accepted. Else a text file becomes its text and audio its transcript.
Media of tools and of the model move into the next message of the user if they are accepted there.
What is left of the model's media is left out, what is left of all others becomes a line of text.
"""

from collections.abc import Sequence
from operator import is_
from typing import Any

import msgspec
from msgspec.structs import replace

from chatmodels.core._values.media_text import Medium, is_text_type, text_of
from chatmodels.core._values.messages import Message
from chatmodels.core._values.numbered import NumberedMessages, numbered
from chatmodels.core._values.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ProviderPart,
    ProviderState,
    TextPart,
    ToolResult,
)
from chatmodels.core._values.profile import AcceptedMedia, MediaSource, Profile

Accepted = tuple[AcceptedMedia, ...] | None

_MEDIA = (ImagePart, AudioPart, FilePart)
_SOURCES: tuple[MediaSource, ...] = ("data", "url", "file_id")
_WORDS: dict[str, str] = {"data": "as bytes", "url": "by URL", "file_id": "by file id"}
_UNKNOWN = "application/octet-stream"
_NOT_TEXT = 'not UTF-8; add its charset to media_type, as in "text/plain; charset=latin-1"'
_ELSEWHERE = TextPart("The result is in the next message.")


class UnplacedMedium(msgspec.Struct, frozen=True):
    """A medium that the model does not accept where it is.

    Attributes:
        what: Its description and its place.
        hint: The reason, or what is accepted there.
    """

    what: str
    hint: str


class PlacedMedia(msgspec.Struct, frozen=True):
    """A conversation whose media the model accepts.

    Attributes:
        messages: The conversation.
        replaced: Media of the user and of tools, in place of which there is a line of text now.
        omitted: Media of the assistant that are left out.
    """

    messages: tuple[Message, ...]
    replaced: Sequence[UnplacedMedium] = ()
    omitted: Sequence[UnplacedMedium] = ()


def place_media(messages: tuple[Message, ...], profile: Profile, /) -> PlacedMedia:
    """Return the conversation with its media where the model accepts them.

    Messages in which nothing changes stay the same objects.
    """
    if (
        profile.user_media is profile.assistant_media is profile.result_media is None
        or not _has_media(messages)
    ):
        return PlacedMedia(messages)
    return _Placing(profile).place(messages)


def _has_media(messages: tuple[Message, ...]) -> bool:
    for message in messages:
        for part in message.parts:
            if type(part) is TextPart:
                continue
            if isinstance(part, _MEDIA):
                return True
            if type(part) is ToolResult:
                for held in part.content:
                    if type(held) is not TextPart:
                        return True
    return False


class _Placing:
    """Places the media of one conversation.

    Args:
        profile: The abilities of the model.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._replaced: list[UnplacedMedium] = []
        self._omitted: list[UnplacedMedium] = []
        self._moved: list[Part] = []  # into the next message of the user
        self._number = 0

    def place(self, messages: tuple[Message, ...]) -> PlacedMedia:
        """Place all media."""
        placed: list[Message] = []
        numbers: list[int] = []
        for self._number, message in numbered(messages):
            parts: list[Part] = []
            if message.role == "user":
                parts = self._take_moved()
            elif self._moved and message.role != "tool":  # results follow their calls at once
                placed.append(Message("user", tuple(self._take_moved())))
                numbers.append(self._number)
            parts += self._parts(message)
            if len(parts) == len(message.parts) and all(map(is_, parts, message.parts)):
                placed.append(message)
                numbers.append(self._number)
            elif parts:
                placed.append(replace(message, parts=tuple(parts)))
                numbers.append(self._number)
        if self._moved:
            placed.append(Message("user", tuple(self._take_moved())))
            numbers.append(self._number)
        if len(placed) == len(messages) and all(map(is_, placed, messages)):
            return PlacedMedia(messages)
        return PlacedMedia(NumberedMessages(placed, numbers), self._replaced, self._omitted)

    def _take_moved(self) -> list[Part]:
        moved, self._moved = self._moved, []
        return moved

    def _parts(self, message: Message) -> list[Part]:
        parts: list[Part] = []
        for part in message.parts:
            if isinstance(part, ToolResult):
                parts.append(self._result(part))
            elif isinstance(part, ProviderPart):  # the options of the part before it
                parts.append(part)
            elif message.role == "assistant":
                parts += self._said(part) if isinstance(part, _MEDIA) else (part,)
            else:
                if message.role == "user":  # what follows results is behind what they show
                    parts += self._take_moved()
                parts.append(self._heard(part, message) if isinstance(part, _MEDIA) else part)
        if message.role == "user":
            parts += self._take_moved()
        return parts

    def _heard(self, part: Medium, message: Message) -> Part:
        accepted = self._profile.user_media if message.role == "user" else ()
        return self._shown(part, accepted, f"a {message.role} message")

    def _said(self, part: Medium) -> list[Part]:
        """Place a medium of the assistant; an empty list if it moves or is left out."""
        shown = self._fitted(part, self._profile.assistant_media)
        if shown is not None and (shown.type != "text" or isinstance(part, AudioPart)):
            return [shown]
        shown = self._fitted(part, self._profile.user_media)
        if shown is not None:
            self._moved += (TextPart("From the assistant:"), shown)
        else:
            self._omitted.append(self._unplaced(part, (), "an assistant message"))
        return []

    def _result(self, result: ToolResult) -> ToolResult:
        profile = self._profile
        name = result.name or result.id
        content: list[Any] = []
        moved: list[Part] = []
        for part in result.content:
            if isinstance(part, TextPart):
                content.append(part)
            elif (shown := self._fitted(part, profile.result_media)) is not None:
                content.append(shown)
            elif (shown := self._fitted(part, profile.user_media)) is not None:
                moved.append(shown)
            else:
                where = f"the result of the tool {name!r}"
                content.append(self._shown(part, profile.result_media, where))
        if moved:
            self._moved += (TextPart(f"From the result of the tool {name}:"), *moved)
            content = content or [_ELSEWHERE]
        if len(content) == len(result.content) and all(map(is_, content, result.content)):
            return result
        return replace(result, content=tuple(content))

    def _shown(self, part: Medium, accepted: Accepted, where: str) -> Medium | TextPart:
        shown = self._fitted(part, accepted)
        if shown is not None:
            return shown
        self._replaced.append(self._unplaced(part, accepted, where))
        return TextPart(f"[{_described(part)} is not shown: the model does not accept it]")

    def _fitted(self, part: Medium, accepted: Accepted) -> Medium | TextPart | None:
        """Return the medium as it is accepted in a place, or the text that stands for it."""
        if accepted is None:
            return part
        first = True
        for source in _SOURCES:
            if getattr(part, source) is None:
                continue
            for each in accepted:
                if source in each.sources and self._is_accepted(part, source, each):
                    return part if first else _only(part, source)
            first = False
        if isinstance(part, AudioPart):
            return TextPart(part.transcript) if part.transcript else None
        if isinstance(part, FilePart) and part.data is not None and is_text_type(part.media_type):
            text = text_of(part)
            return None if text is None else TextPart(text)
        return None

    def _is_accepted(self, part: Medium, source: MediaSource, accepted: AcceptedMedia) -> bool:
        if part.type != accepted.kind or not _has_type(part, source, accepted):
            return False
        if accepted.state and not self._is_own(part, accepted.state):
            return False
        if source == "url":
            return (part.url or "").startswith(accepted.url_prefix)
        if source == "file_id":
            return True
        if accepted.max_bytes is not None and _size(part) > accepted.max_bytes:
            return False
        return not accepted.as_text or bool(text_of(part))

    def _is_own(self, part: Medium, format_: str) -> bool:
        signature: ProviderState | None = getattr(part, "signature", None)
        if signature is None or signature.format != format_:
            return False
        return signature.scope is None or signature.scope == self._profile.state_scope

    def _unplaced(self, part: Medium, accepted: Accepted, where: str) -> UnplacedMedium:
        what = f"{_described(part)} in {where} (message {self._number})"
        return UnplacedMedium(what, _hint(part, accepted or ()))


def _only(part: Medium, source: MediaSource) -> Medium:
    """Return the part without the sources that the model does not accept."""
    return replace(part, **{name: None for name in _SOURCES if name != source})


def _has_type(part: Medium, source: MediaSource, accepted: AcceptedMedia) -> bool:
    media_type = _media_type(part) or (_UNKNOWN if source == "data" else "")
    if media_type.startswith(accepted.without or "\0"):
        return False
    if accepted.types is None:
        return True
    if media_type:
        return any(
            media_type == each or (each.endswith("/") and media_type.startswith(each))
            for each in accepted.types
        )
    endings = tuple(each for each in accepted.types if each.startswith("."))
    return source == "url" and (part.url or "").lower().endswith(endings)


def _media_type(part: Medium) -> str:
    return (part.media_type or "").partition(";")[0].strip().lower()


def _size(part: Medium) -> int:
    return memoryview(part.data or b"").nbytes


def _described(part: Medium) -> str:
    """Return words for a medium, as in "an image of type image/bmp"."""
    kind = _media_type(part)
    if isinstance(part, ImagePart):
        what = "an image"
    elif isinstance(part, AudioPart) or kind.startswith("audio/"):
        what = "audio"
    else:
        what = "a video" if kind.startswith("video/") else "a file"
    if kind:
        what += f" of type {kind}"
    source = next((each for each in _SOURCES if getattr(part, each) is not None), None)
    if source is None:
        return f"{what} without data, url or file_id"
    return what if source == "data" else f"{what} {_WORDS[source]}"


def _hint(part: Medium, accepted: tuple[AcceptedMedia, ...]) -> str:
    """Return the reason why a medium is not accepted in a place, if it is a simple one."""
    if (
        isinstance(part, FilePart)
        and part.data is not None
        and is_text_type(part.media_type)
        and text_of(part) is None
    ):
        return _NOT_TEXT
    of_kind = [each for each in accepted if each.kind == part.type and not each.state]
    given = {source for source in _SOURCES if getattr(part, source) is not None}
    limits = [
        each.max_bytes
        for each in of_kind
        if each.max_bytes is not None and _size(part) > each.max_bytes
    ]
    if limits:
        return f"at most {max(limits):,} bytes"
    same = [each for each in of_kind if not given.isdisjoint(each.sources)]
    if same:
        types = {
            kind: None for each in same for kind in each.types or () if not kind.startswith(".")
        }
        begins = {each.url_prefix: None for each in same if each.url_prefix and "url" in given}
        return "supported: " + ", ".join(begins or types) if begins or types else ""
    sources = {_WORDS[source]: None for each in of_kind for source in each.sources}
    return f"supported: {', '.join(sources)}" if sources else ""
