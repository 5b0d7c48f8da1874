"""Messages with their positions in the caller's conversation, for error messages."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Self

from chatmodels.core._values.messages import Message


class NumberedMessages(tuple[Message, ...]):  # noqa: SLOT001 - a tuple permits only empty slots
    """Messages of a conversation in which some were omitted, split or added.

    Attributes:
        numbers: The position of each in the caller's conversation, from 0.
    """

    numbers: tuple[int, ...]

    def __new__(cls, messages: Iterable[Message], numbers: Iterable[int]) -> Self:
        """Create the messages."""
        instance = super().__new__(cls, messages)
        instance.numbers = tuple(numbers)
        return instance

    def __getnewargs__(self) -> tuple[tuple[Message, ...], tuple[int, ...]]:
        """Return the arguments with which copies and pickles recreate the messages."""
        return tuple(self), self.numbers


def numbers_of(messages: Sequence[Message], /) -> Sequence[int]:
    """Return the positions of messages in the caller's conversation, from 0."""
    return messages.numbers if isinstance(messages, NumberedMessages) else range(len(messages))


def numbered(messages: Sequence[Message], /) -> Iterator[tuple[int, Message]]:
    """Iterate over messages with their positions in the caller's conversation, from 0."""
    return zip(numbers_of(messages), messages, strict=True)
