"""Messages that know their places in the caller's conversation, for the words of errors."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from chatmodels.core._values.messages import Message


class NumberedMessages(tuple[Message, ...]):  # noqa: SLOT001 - a tuple takes no slots but empty ones
    """Messages of which some were left out, divided or added.

    Attributes:
        numbers: The place of each in the caller's conversation, counted from 0.
    """

    numbers: tuple[int, ...]

    def __new__(cls, messages: Iterable[Message], numbers: Iterable[int]) -> Self:
        """Make the messages."""
        made = super().__new__(cls, messages)
        made.numbers = tuple(numbers)
        return made

    def __getnewargs__(self) -> tuple[tuple[Message, ...], tuple[int, ...]]:
        """Return the arguments with which copies and pickles make the messages anew."""
        return tuple(self), self.numbers


def numbers_of(messages: Sequence[Message], /) -> Sequence[int]:
    """Return the places of messages in the caller's conversation, counted from 0."""
    return messages.numbers if isinstance(messages, NumberedMessages) else range(len(messages))


def numbered(messages: Sequence[Message], /) -> Iterator[tuple[int, Message]]:
    """Iterate over messages with their places in the caller's conversation, counted from 0."""
    return zip(numbers_of(messages), messages, strict=True)
