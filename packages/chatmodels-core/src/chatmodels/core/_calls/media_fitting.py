"""Checks whether a model accepts a medium in one place, and describes why it does not."""

from msgspec.structs import replace

from chatmodels.core._values.media_text import Medium, is_text_type, text_of
from chatmodels.core._values.parts import AudioPart, FilePart, ImagePart, ProviderState, TextPart
from chatmodels.core._values.profile import AcceptedMedia, MediaSource

_SOURCES: tuple[MediaSource, ...] = ("data", "url", "file_id")
_SOURCE_NAMES: dict[str, str] = {"data": "as bytes", "url": "by URL", "file_id": "by file id"}
_UNKNOWN = "application/octet-stream"
_NOT_TEXT = 'not UTF-8; add its charset to media_type, as in "text/plain; charset=latin-1"'
_EMPTY = "it is empty"


def fitted_medium(
    part: Medium, accepted: tuple[AcceptedMedia, ...] | None, scope: str | None, /
) -> Medium | TextPart | None:
    """Return the medium in the form accepted in a place, or the text that replaces it.

    Args:
        part: The medium.
        accepted: The media that are accepted there; None for all.
        scope: The scope of the endpoint's opaque state; None if it is valid everywhere.
    """
    if accepted is None:
        return part
    first = True
    for source in _SOURCES:
        if getattr(part, source) is None:
            continue
        for rule in accepted:
            if source in rule.sources and _is_accepted(part, source, rule, scope):
                return _with_plain_type(part if first else _only(part, source), rule)
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


def _with_plain_type(part: Medium, accepted: AcceptedMedia) -> Medium:
    """Return the part with a normalized media type, as in the tables of encoders.

    The parameters are preserved if all types are accepted, or if they can contain a charset.
    """
    type_, semicolon, parameters = (part.media_type or "").partition(";")
    media_type = type_.strip().lower()
    if accepted.types is None or is_text_type(media_type):
        media_type += semicolon + parameters
    return part if media_type == (part.media_type or "") else replace(part, media_type=media_type)


def _only(part: Medium, source: MediaSource) -> Medium:
    """Return the part with only the source that the model accepts."""
    return replace(part, **{name: None for name in _SOURCES if name != source})


def _has_type(part: Medium, source: MediaSource, accepted: AcceptedMedia) -> bool:
    media_type = _media_type(part) or (_UNKNOWN if source == "data" else "")
    if media_type.startswith(accepted.without or "\0"):
        return False
    if accepted.types is None:
        return True
    if media_type:
        return any(
            media_type == rule or (rule.endswith("/") and media_type.startswith(rule))
            for rule in accepted.types
        )
    suffixes = tuple(rule for rule in accepted.types if rule.startswith("."))
    return source == "url" and (part.url or "").lower().endswith(suffixes)


def _media_type(part: Medium) -> str:
    return (part.media_type or "").partition(";")[0].strip().lower()


def _size(part: Medium) -> int:
    return memoryview(part.data or b"").nbytes


def described(part: Medium) -> str:
    """Describe a medium, as in "an image of type image/bmp"."""
    media_type = _media_type(part)
    if isinstance(part, ImagePart):
        text = "an image"
    elif isinstance(part, AudioPart) or media_type.startswith("audio/"):
        text = "audio"
    else:
        text = "a video" if media_type.startswith("video/") else "a file"
    if media_type:
        text += f" of type {media_type}"
    source = next((name for name in _SOURCES if getattr(part, name) is not None), None)
    if source is None:
        return f"{text} without data, url or file_id"
    return text if source == "data" else f"{text} {_SOURCE_NAMES[source]}"


def hint_for(part: Medium, accepted: tuple[AcceptedMedia, ...]) -> str:
    """Return the reason why a medium is not accepted in a place, if it is simple."""
    if part.data is not None and not _size(part):
        return _EMPTY
    if isinstance(part, FilePart) and part.data is not None and is_text_type(part.media_type):
        # Any other text would have replaced the file.
        return _NOT_TEXT if text_of(part) is None else _EMPTY
    rules = [each for each in accepted if each.kind == part.type and not each.state]
    sources_given = {source for source in _SOURCES if getattr(part, source) is not None}
    limits = [
        each.max_bytes
        for each in rules
        if each.max_bytes is not None and _size(part) > each.max_bytes
    ]
    if limits:
        return f"at most {max(limits):,} bytes"
    matching = [each for each in rules if not sources_given.isdisjoint(each.sources)]
    if matching:
        types = {
            kind: None for each in matching for kind in each.types or () if not kind.startswith(".")
        }
        prefixes = {
            each.url_prefix: None for each in matching if each.url_prefix and "url" in sources_given
        }
        return "supported: " + ", ".join(prefixes or types) if prefixes or types else ""
    sources = {_SOURCE_NAMES[source]: None for each in rules for source in each.sources}
    return f"supported: {', '.join(sources)}" if sources else ""
