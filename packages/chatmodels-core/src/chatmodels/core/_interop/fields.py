"""Checked access to a mapping of another format; each error contains the place of the value."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, TypeGuard, TypeVar

import msgspec

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._values.media import audio, file, image
from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart, Json


class Fields:
    """The fields of one mapping, each read at most once.

    At the end of a `with` block, all of them must have been read.

    Args:
        value: The mapping, or an object of a vendor's SDK that has `model_dump`.
        place: Its place in the conversation, as in `messages[2].content[0]`.

    Raises:
        InvalidRequestError: The value is neither.
    """

    def __init__(self, value: object, place: str) -> None:
        self.place = place
        self._unread = dict(_mapping(value, place))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self.end()

    def __contains__(self, name: str) -> bool:
        return self._unread.get(name) is not None

    def take(self, name: str) -> Json:
        """Return a field, None if it is absent."""
        return self._unread.pop(name, None)

    def text(self, name: str) -> str | None:
        """Return a str, None if it is absent.

        Raises:
            InvalidRequestError: The field is not a str.
        """
        value = self.take(name)
        if value is None or isinstance(value, str):
            return value
        raise wrong(f"{self.place}.{name}", "a str", value)

    def required(self, name: str) -> str:
        """Return a str that must be present.

        Raises:
            InvalidRequestError: The field is absent or not a str.
        """
        value = self.text(name)
        if value is None:
            raise InvalidRequestError(f"{self.place} has no {name!r}; add it")
        return value

    def inner(self, name: str) -> "Fields":
        """Return the fields of a nested mapping.

        Raises:
            InvalidRequestError: The field is absent or not a mapping.
        """
        return Fields(self.take(name), f"{self.place}.{name}")

    def each(self, name: str) -> Iterator["Fields"]:
        """Yield the mappings of a list, which can be absent.

        Raises:
            InvalidRequestError: The field is not a list of mappings.
        """
        place = f"{self.place}.{name}"
        return each(self.take(name) or (), place)

    def whole(self) -> dict[str, Json]:
        """Return the unread fields unchanged, for state that only a vendor understands."""
        remaining, self._unread = self._unread, {}
        return remaining

    def rest(self) -> dict[str, Json]:
        """Return the unread fields that are not empty."""
        return {name: value for name, value in self.whole().items() if not _is_empty(value)}

    def end(self) -> None:
        """Reject unread fields, since they would be lost.

        Raises:
            InvalidRequestError: There are some.
        """
        if remaining := self.rest():
            names = ", ".join(map(repr, remaining))
            raise InvalidRequestError(
                f"{self.place} has fields that cannot be converted: {names}; remove them"
            )


def each(values: object, place: str, expected: str = "a list") -> Iterator[Fields]:
    """Yield the fields of each mapping in a list.

    Raises:
        InvalidRequestError: The value is not a list of mappings.
    """
    if not is_list(values):
        raise wrong(place, expected, values)
    for index, value in enumerate(values):
        yield Fields(value, f"{place}[{index}]")


def entries(messages: object, converter: str) -> Iterator[tuple[object, str]]:
    """Yield each message of a conversation with its place.

    Raises:
        InvalidRequestError: The conversation is empty, or is not a sequence of messages.
    """
    if not _is_iterable(messages):
        raise wrong(f"the argument of {converter}()", "a list of messages", messages)
    empty = True
    for index, message in enumerate(messages):
        empty = False
        yield message, f"messages[{index}]"
    if empty:
        raise InvalidRequestError(f"{converter}() received no messages; pass at least one")


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """Return whether a value is a list or a tuple."""
    return isinstance(value, list | tuple)


def wrong(place: str, expected: str, value: object) -> InvalidRequestError:
    """Return the error for a value of the wrong type."""
    return InvalidRequestError(f"{place} must be {expected}, not {type(value).__name__}")


def unknown(place: str, kind: str, value: object, known: str) -> InvalidRequestError:
    """Return the error for a value that a format does not define."""
    return InvalidRequestError(f"{place} has the unknown {kind} {value!r}; known are {known}")


def image_at(place: str, url: str, detail: Any = None) -> ImagePart:
    """Return the image at a web URL or in a `data:` URL.

    Raises:
        InvalidRequestError: The URL is of another kind or cannot be decoded.
    """
    return _placed(place, lambda: image(url=url, detail=detail))


def file_at(place: str, url: str, name: str | None, media_type: str | None = None) -> FilePart:
    """Return the file at a web URL or in a `data:` URL.

    Raises:
        InvalidRequestError: The URL is of another kind or cannot be decoded.
    """
    return _placed(place, lambda: file(url=url, name=name, media_type=media_type))


def image_of(place: str, base64: str, media_type: str | None) -> ImagePart:
    """Return the image in base64.

    Raises:
        InvalidRequestError: The text is not base64, or not of an image.
    """
    data = decoded(place, base64)
    return _placed(place, lambda: image(data=data, media_type=media_type))


def audio_of(place: str, base64: str, media_type: str | None) -> AudioPart:
    """Return the audio in base64.

    Raises:
        InvalidRequestError: The text is not base64, or not of audio.
    """
    data = decoded(place, base64)
    return _placed(place, lambda: audio(data=data, media_type=media_type))


def file_of(place: str, base64: str, media_type: str | None, name: str | None) -> FilePart:
    """Return the file in base64.

    Raises:
        InvalidRequestError: The text is not base64, or empty.
    """
    data = decoded(place, base64)
    return _placed(place, lambda: file(data=data, media_type=media_type, name=name))


def decoded(place: str, text: str) -> bytes:
    """Decode base64.

    Raises:
        InvalidRequestError: The text is not base64.
    """
    import base64

    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise InvalidRequestError(f"{place} is not base64 ({error})") from error


def json_text(value: object, place: str) -> str:
    """Serialize a value as JSON.

    Raises:
        InvalidRequestError: JSON cannot express the value.
    """
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidRequestError(f"{place} cannot be written as JSON: {error}") from error


T = TypeVar("T")


def _placed(place: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{place}: {error.message}") from error


def _is_iterable(value: object) -> TypeGuard[Iterable[object]]:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _is_mapping(value: object) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(value, Mapping)


def _mapping(value: object, place: str) -> Mapping[str, Json]:
    if _is_mapping(value):
        return value
    dump = getattr(value, "model_dump", None)
    if callable(dump):  # an object of a vendor's SDK
        dumped = dump(exclude_none=True)
        if _is_mapping(dumped):
            return dumped
    raise wrong(place, "a mapping", value)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, list | dict | tuple | str) and not value)
