"""Moves the media of a conversation to places in which a model accepts them.

Media that the model accepts in their place are not moved. Otherwise, a text file becomes its text
and audio its transcript. Media of tools and of the model move to the next message of the user if
they are accepted there. Remaining media of the model are omitted, others become a line of text.
The options of media move with them, or are omitted with them.
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
_MOVED_RESULT = TextPart("The result is in the next message.")


class UnplacedMedium(msgspec.Struct, frozen=True):
    """A medium that the model does not accept in its place.

    Attributes:
        what: Its description and its place.
        hint: The reason, or what is accepted there.
    """

    what: str
    hint: str


class PlacedMedia(msgspec.Struct, frozen=True):
    """A conversation with media that the model accepts.

    Attributes:
        messages: The conversation.
        replaced: Media of the user and of tools that were replaced by a line of text.
        noted: Media of lenient results that were replaced by a line of text.
        omitted: Media of the assistant that were omitted.
    """

    messages: tuple[Message, ...]
    replaced: Sequence[UnplacedMedium] = ()
    omitted: Sequence[UnplacedMedium] = ()
    noted: Sequence[UnplacedMedium] = ()


def place_media(messages: tuple[Message, ...], profile: Profile, /) -> PlacedMedia:
    """Return the conversation with media in places in which the model accepts them.

    Messages without a change are the same objects.
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
                for item in part.content:
                    if type(item) is not TextPart:
                        return True
    return False


class _Placing:
    """Moves the media of one conversation.

    Args:
        profile: The features that the model supports.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._replaced: list[UnplacedMedium] = []
        self._omitted: list[UnplacedMedium] = []
        self._noted: list[UnplacedMedium] = []
        self._moved: list[Part] = []  # into the next message of the user
        self._number = 0

    def place(self, messages: tuple[Message, ...]) -> PlacedMedia:
        """Move all media."""
        placed: list[Message] = []
        numbers: list[int] = []
        for self._number, message in numbered(messages):
            parts: list[Part] = []
            if message.role == "user":
                parts = self._take_moved()
            elif self._moved and message.role != "tool":  # results must directly follow their calls
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
        numbered_messages = NumberedMessages(placed, numbers)
        return PlacedMedia(numbered_messages, self._replaced, self._omitted, self._noted)

    def _take_moved(self) -> list[Part]:
        moved, self._moved = self._moved, []
        return moved

    def _place_parts(self, message: Message, parts: list[Part]) -> None:
        """Add the parts of a message.

        Args:
            message: The message.
            parts: The list to add to; it contains the parts that moved here.
        """
        # The list to which options are added; a separate one drops them.
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
            if message.role == "user":  # the media of results come before what follows them
                parts += self._take_moved()
            if not isinstance(part, _MEDIA):
                parts.append(part)
            elif message.role == "assistant":
                place = self._place_output(part, parts)
            else:
                place = self._place_input(part, parts, message)
        if message.role == "user":
            parts += self._take_moved()

    def _are_options(self, part: ProviderPart, message: Message) -> bool:
        """Report whether a part adds fields to the part before it."""
        fields, options = part.signature.data, self._profile.part_options
        if not isinstance(fields, Mapping) or "type" in fields:
            return False
        return message.role != "assistant" if options is None else fields.keys() <= set(options)

    def _place_input(self, part: Medium, parts: list[Part], message: Message) -> list[Part]:
        """Add a medium of the user or the system, and return the list for its options."""
        accepted = self._profile.user_media if message.role == "user" else ()
        fitted = self._fitted(part, accepted)
        place = f"a {message.role} message"
        parts.append(fitted or self._line(part, accepted, place, self._replaced))
        return [] if fitted is None else parts

    def _place_output(self, part: Medium, parts: list[Part]) -> list[Part]:
        """Add a medium of the assistant, and return the list for its options."""
        fitted = self._fitted(part, self._profile.assistant_media)
        if fitted is not None and (fitted.type != "text" or isinstance(part, AudioPart)):
            parts.append(fitted)
            return parts
        fitted = self._fitted(part, self._profile.user_media)
        if fitted is None:
            self._omitted.append(self._unplaced(part, (), "an assistant message"))
            return []
        self._moved += (TextPart("From the assistant:"), fitted)
        return self._moved

    def _result(self, result: ToolResult) -> ToolResult:
        profile = self._profile
        name = result.name or result.id
        content: list[Any] = []
        moved: list[Part] = []
        for part in result.content:
            if isinstance(part, TextPart):
                content.append(part)
            elif (fitted := self._fitted(part, profile.result_media)) is not None:
                content.append(fitted)
            elif (fitted := self._fitted(part, profile.user_media)) is not None:
                moved.append(fitted)
            else:
                place = f"the result of the tool {name!r}"
                unplaced = self._noted if result.lenient else self._replaced
                content.append(self._line(part, profile.result_media, place, unplaced))
        if moved:
            self._moved += (TextPart(f"From the result of the tool {name}:"), *moved)
            content = content or [_MOVED_RESULT]
        if len(content) == len(result.content) and all(map(is_, content, result.content)):
            return result
        return replace(result, content=tuple(content))

    def _fitted(self, part: Medium, accepted: Accepted) -> Medium | TextPart | None:
        return fitted_medium(part, accepted, self._profile.state_scope)

    def _line(
        self, part: Medium, accepted: Accepted, place: str, unplaced: list[UnplacedMedium]
    ) -> TextPart:
        """Return the line of text that replaces a medium, and add the medium to a list."""
        unplaced.append(self._unplaced(part, accepted, place))
        return TextPart(f"[{described(part)} is omitted: the model does not accept it]")

    def _unplaced(self, part: Medium, accepted: Accepted, place: str) -> UnplacedMedium:
        what = f"{described(part)} in {place} (message {self._number})"
        return UnplacedMedium(what, hint_for(part, accepted or ()))
