"""Compares a medium with what a model accepts in one place, and words why it is not accepted."""

from msgspec.structs import replace

from chatmodels.core._values.media_text import Medium, is_text_type, text_of
from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart, ProviderState, TextPart
from chatmodels.core._values.profile import AcceptedMedia, MediaSource

_SOURCES: tuple[MediaSource, ...] = ("data", "url", "file_id")
_WORDS: dict[str, str] = {"data": "as bytes", "url": "by URL", "file_id": "by file id"}
_UNKNOWN = "application/octet-stream"
_NOT_TEXT = 'not UTF-8; add its charset to media_type, as in "text/plain; charset=latin-1"'
_EMPTY = "it is empty"


def fitted_medium(
    part: Medium, accepted: tuple[AcceptedMedia, ...] | None, scope: str | None, /
) -> Medium | TextPart | None:
    """Return the medium as it is accepted in a place, or the text that stands for it.

    Args:
        part: The medium.
        accepted: The media that are accepted there; None for all.
        scope: Where the opaque state of the endpoint is valid; None for everywhere.
    """
    if accepted is None:
        return part
    first = True
    for source in _SOURCES:
        if getattr(part, source) is None:
            continue
        for each in accepted:
            if source in each.sources and _is_accepted(part, source, each, scope):
                return _as_compared(part if first else _only(part, source), each)
        first = False
    if isinstance(part, AudioPart):
        return TextPart(part.transcript) if part.transcript else None
    if isinstance(part, FilePart) and part.data is not None and is_text_type(part.media_type):
        text = text_of(part)
        return TextPart(text) if text else None
    return None


def _is_accepted(
    part: Medium, source: MediaSource, accepted: AcceptedMedia, scope: str | None
) -> bool:
    if part.type != accepted.kind or not _has_type(part, source, accepted):
        return False
    if accepted.state and not _is_own(part, accepted.state, scope):
        return False
    if source == "url":
        return (part.url or "").startswith(accepted.url_prefix)
    if source == "file_id":
        return True
    size = _size(part)
    if not size or (accepted.max_bytes is not None and size > accepted.max_bytes):
        return False
    return not accepted.as_text or bool(text_of(part))


def _is_own(part: Medium, format_: str, scope: str | None) -> bool:
    signature: ProviderState | None = getattr(part, "signature", None)
    return signature is not None and signature.format == format_ and signature.is_valid_in(scope)


def _as_compared(part: Medium, accepted: AcceptedMedia) -> Medium:
    """Return the part with its media type as it was compared: encoders find it in their tables.

    The parameters stay if all types are accepted, or if the charset of a text may be among them.
    """
    bare, semicolon, parameters = (part.media_type or "").partition(";")
    media_type = bare.strip().lower()
    if accepted.types is None or is_text_type(media_type):
        media_type += semicolon + parameters
    return part if media_type == (part.media_type or "") else replace(part, media_type=media_type)


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


def described(part: Medium) -> str:
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


def hint_for(part: Medium, accepted: tuple[AcceptedMedia, ...]) -> str:
    """Return the reason why a medium is not accepted in a place, if it is a simple one."""
    if part.data is not None and not _size(part):
        return _EMPTY
    if isinstance(part, FilePart) and part.data is not None and is_text_type(part.media_type):
        # Any other text would be sent in place of the file.
        return _NOT_TEXT if text_of(part) is None else _EMPTY
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
