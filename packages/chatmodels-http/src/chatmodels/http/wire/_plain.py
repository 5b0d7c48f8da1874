"""Encodes plain conversations, without an object for each of their messages.

In a long conversation, the objects would take most of the time. The texts are encoded as lines,
between lines that contain the rest of the JSON: a line break between JSON tokens means nothing.
"""

from collections.abc import Sequence
from typing import Self

import msgspec

from chatmodels.core import Message, TextPart
from chatmodels.core.extending import NumberedMessages, Role
from chatmodels.http.wire._json import Json

TEXT = "\0"
"""The placeholder for the text in a `PlainForm`."""

_PLACEHOLDER = msgspec.json.encode(TEXT)
_MINIMUM = 16
_encode_lines = msgspec.json.Encoder().encode_lines


class PlainMessages(tuple[Message, ...]):  # noqa: SLOT001 - a tuple permits only empty slots
    """A long conversation of texts, which are not empty, with the user and the model in turn.

    It begins with a message of the user, or of the system before it, and ends with the user.
    No message has a name or opaque state, or was omitted before.

    Attributes:
        instructions: The message of the system, if there is one.
        user_texts: The texts of the user.
        assistant_texts: The texts of the model between them.
    """

    instructions: tuple[Message, ...]
    user_texts: list[str]
    assistant_texts: list[str]

    @classmethod
    def of(cls, messages: tuple[Message, ...], /, *, blank_texts: bool) -> Self | None:
        """Return messages as a plain conversation, or None if they are not one.

        Args:
            messages: The messages.
            blank_texts: Whether texts without a visible character are permitted.
        """
        if len(messages) < _MINIMUM or messages[-1].role != "user":
            return None
        if isinstance(messages, NumberedMessages):
            return None
        start = 1 if messages[0].role == "system" else 0
        instructions = messages[:start]
        if _texts(instructions, "system", blank_texts) is None:
            return None
        user_texts = _texts(messages[start::2], "user", blank_texts)
        if user_texts is None:
            return None
        assistant_texts = _texts(messages[start + 1 :: 2], "assistant", blank_texts)
        if assistant_texts is None:
            return None
        plain = cls(messages)
        plain.instructions = instructions
        plain.user_texts, plain.assistant_texts = user_texts, assistant_texts
        return plain


def _texts(messages: tuple[Message, ...], role: Role, blank_texts: bool) -> list[str] | None:
    """Return the texts of messages, or None if one is not plain."""
    try:
        # In one expression, since it takes most of the time of a long conversation.
        texts = [
            part.text
            for message in messages
            for (part,) in (message.parts,)
            if type(part) is TextPart
            and part.signature is None
            and message.name is None
            and message.role == role
            and (blank_texts or not part.text.isspace())
        ]
    except ValueError:  # a message does not have one part
        return None
    return texts if len(texts) == len(messages) and all(texts) else None


class PlainForm:
    """The JSON of a message with one text in an API.

    >>> form = PlainForm({"role": "user", "content": TEXT}, {"role": "model", "content": TEXT})

    Args:
        user: A message of the user, with `TEXT` in place of its text.
        assistant: A message of the model.
    """

    def __init__(self, user: Json, assistant: Json) -> None:
        self._user, user_end = msgspec.json.encode(user).split(_PLACEHOLDER)
        assistant_start, assistant_end = msgspec.json.encode(assistant).split(_PLACEHOLDER)
        self._to_user = msgspec.Raw(assistant_end + b"," + self._user)
        self._to_assistant = msgspec.Raw(user_end + b"," + assistant_start)
        self._end = msgspec.Raw(user_end + b"]")

    def encode(self, messages: PlainMessages, before: Sequence[Json] = ()) -> Json:
        """Encode a conversation without its instructions, as a JSON array.

        Args:
            messages: The conversation.
            before: The items of the array before it.

        Raises:
            UnicodeEncodeError: A text is not valid Unicode.
            TypeError: A text is of a subclass of `str`, which has no JSON, or an item has none.
        """
        questions, replies = messages.user_texts, messages.assistant_texts
        first = b"".join(msgspec.json.encode(item) + b"," for item in before)
        lines: list[Json] = [self._to_user] * (4 * len(questions) - 1)
        lines[0] = msgspec.Raw(b"[" + first + self._user)
        lines[1::4] = questions
        lines[2:-1:4] = [self._to_assistant] * len(replies)
        lines[3::4] = replies
        lines[-1] = self._end
        return msgspec.Raw(_encode_lines(lines))
