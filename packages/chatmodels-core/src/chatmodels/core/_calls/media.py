"""Places the media of a conversation where a model accepts them, before a request is encoded.

A medium stays if its place is accepted. Else a text file becomes its text and audio its transcript.
Media of tools and of the model move into the next message of the user if they are accepted there.
What is left of the model's media is left out, what is left of all others becomes a line of text.
The options of a medium go with it, or are left out with it.
"""

from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any

import msgspec
from msgspec.structs import replace

from chatmodels.core._calls.media_fitting import described, fitted_medium, hint_for
from chatmodels.core._values.media_text import Medium
from chatmodels.core._values.messages import Message
from chatmodels.core._values.numbered import NumberedMessages, numbered
from chatmodels.core._values.parts import (
    AudioPart,
    FilePart,
    ImagePart,
    Part,
    ProviderPart,
    TextPart,
    ToolResult,
)
from chatmodels.core._values.profile import AcceptedMedia, Profile

Accepted = tuple[AcceptedMedia, ...] | None

_MEDIA = (ImagePart, AudioPart, FilePart)
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
            self._place_parts(message, parts)
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

    def _place_parts(self, message: Message, parts: list[Part]) -> None:
        """Place the parts of a message.

        Args:
            message: The message.
            parts: The placed parts are added to these, which moved here.
        """
        # The list to which options are added; one of its own if they belong to nothing here.
        place: list[Part] = [] if parts else parts
        for part in message.parts:
            if isinstance(part, ProviderPart):
                if not self._are_options(part, message):
                    place = parts
                place.append(part)
                continue
            place = parts
            if isinstance(part, ToolResult):
                parts.append(self._result(part))
                continue
            if message.role == "user":  # what follows results is behind what they show
                parts += self._take_moved()
            if not isinstance(part, _MEDIA):
                parts.append(part)
            elif message.role == "assistant":
                place = self._place_said(part, parts)
            else:
                place = self._place_heard(part, parts, message)
        if message.role == "user":
            parts += self._take_moved()

    def _are_options(self, part: ProviderPart, message: Message) -> bool:
        """Return whether a part adds fields to the part before it."""
        fields, known = part.signature.data, self._profile.part_options
        if not isinstance(fields, Mapping) or "type" in fields:
            return False
        return message.role != "assistant" if known is None else fields.keys() <= set(known)

    def _place_heard(self, part: Medium, parts: list[Part], message: Message) -> list[Part]:
        """Place a medium of the user or the system, and return the list for its options."""
        accepted = self._profile.user_media if message.role == "user" else ()
        shown = self._fitted(part, accepted)
        parts.append(shown or self._line(part, accepted, f"a {message.role} message"))
        return [] if shown is None else parts

    def _place_said(self, part: Medium, parts: list[Part]) -> list[Part]:
        """Place a medium of the assistant, and return the list for its options."""
        shown = self._fitted(part, self._profile.assistant_media)
        if shown is not None and (shown.type != "text" or isinstance(part, AudioPart)):
            parts.append(shown)
            return parts
        shown = self._fitted(part, self._profile.user_media)
        if shown is None:
            self._omitted.append(self._unplaced(part, (), "an assistant message"))
            return []
        self._moved += (TextPart("From the assistant:"), shown)
        return self._moved

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
                content.append(self._line(part, profile.result_media, where))
        if moved:
            self._moved += (TextPart(f"From the result of the tool {name}:"), *moved)
            content = content or [_ELSEWHERE]
        if len(content) == len(result.content) and all(map(is_, content, result.content)):
            return result
        return replace(result, content=tuple(content))

    def _fitted(self, part: Medium, accepted: Accepted) -> Medium | TextPart | None:
        return fitted_medium(part, accepted, self._profile.state_scope)

    def _line(self, part: Medium, accepted: Accepted, where: str) -> TextPart:
        """Return the line of text in place of a medium."""
        self._replaced.append(self._unplaced(part, accepted, where))
        return TextPart(f"[{described(part)} is not shown: the model does not accept it]")

    def _unplaced(self, part: Medium, accepted: Accepted, where: str) -> UnplacedMedium:
        what = f"{described(part)} in {where} (message {self._number})"
        return UnplacedMedium(what, hint_for(part, accepted or ()))
