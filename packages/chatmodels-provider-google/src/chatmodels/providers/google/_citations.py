"""What an answer cites: grounding by tools of the vendor, and recited texts.

Places are told in bytes of UTF-8 ("Segment", "CitationMetadata", API reference); ours are
characters of a part.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from chatmodels.core import Citation
from chatmodels.http.wire import Json, integer_or_none, is_list, is_object, objects, text_or_none


class Cited(NamedTuple):
    """A source, and what it supports as the vendor tells it.

    Attributes:
        citation: The source, without its place.
        start: The first byte.
        end: One past the last byte; None if no place is told.
        text: The text there, where it is repeated.
    """

    citation: Citation
    start: int
    end: int | None
    text: str | None


def read_citations(grounding: Json, recited: Json) -> Iterator[Cited]:
    """Read what a candidate cites.

    Args:
        grounding: Its `groundingMetadata`.
        recited: Its `citationMetadata`.
    """
    if is_object(grounding):
        sources = [_source(chunk) for chunk in objects(grounding.get("groundingChunks"))]
        supports = objects(grounding.get("groundingSupports"))
        for support in supports:
            told = support.get("segment")
            segment: dict[str, Json] = told if is_object(told) else {}
            numbers = support.get("groundingChunkIndices")
            for number in numbers if is_list(numbers) else ():
                if type(number) is int and 0 <= number < len(sources):
                    yield _cited(sources[number], segment)
        if not supports:
            for source in sources:
                yield Cited(source, 0, None, None)
    if is_object(recited):
        # The Gemini API calls them sources, Vertex AI citations.
        for told in objects(recited.get("citationSources")) or objects(recited.get("citations")):
            url, title = text_or_none(told.get("uri")), text_or_none(told.get("title"))
            if url or title:
                yield _cited(Citation(url=url, title=title), told)


def placed(texts: Sequence[str], found: Sequence[Cited]) -> dict[int, tuple[Citation, ...]]:
    """Find the characters that citations support; gives the number of the text to its citations.

    Args:
        texts: The visible texts, in order; at least one.
        found: What was cited.
    """
    places: dict[int, dict[Citation, None]] = {}  # a stream may tell the same again
    for cited in found:
        number, start, end = _place(texts, cited)
        citation = replace(cited.citation, start=start, end=end)
        places.setdefault(number, {})[citation] = None
    return {number: tuple(citations) for number, citations in places.items()}


def _source(chunk: dict[str, Json]) -> Citation:
    for kind in ("web", "retrievedContext", "maps", "image"):
        told = chunk.get(kind)
        if is_object(told):
            return Citation(
                url=text_or_none(told.get("uri")) or text_or_none(told.get("sourceUri")),
                title=text_or_none(told.get("title")),
                quote=text_or_none(told.get("text")),
                source=text_or_none(told.get("documentName"))
                or text_or_none(told.get("fileSearchStore"))
                or text_or_none(told.get("placeId")),
            )
    return Citation()


def _cited(citation: Citation, segment: dict[str, Json]) -> Cited:
    start = integer_or_none(segment.get("startIndex")) or 0
    end = integer_or_none(segment.get("endIndex"))
    return Cited(citation, max(start, 0), end, text_or_none(segment.get("text")))


def _place(texts: Sequence[str], cited: Cited) -> tuple[int, int | None, int | None]:
    if cited.end is None:
        return len(texts) - 1, None, None
    if cited.text is not None:
        # Which part is meant is not told in streams, so the text itself decides.
        said = cited.text.encode()
        for number, text in enumerate(texts):
            raw = text.encode()
            if raw[cited.start : cited.end] == said:
                start = _characters(raw, cited.start)
                return number, start, start + len(cited.text)
        for number, text in enumerate(texts):
            start = text.find(cited.text)
            if start >= 0:
                return number, start, start + len(cited.text)
    begun = 0
    for number, text in enumerate(texts):
        raw = text.encode()
        if cited.start < begun + len(raw):
            start, end = cited.start - begun, cited.end - begun
            return number, _characters(raw, start), _characters(raw, end)
        begun += len(raw)
    return len(texts) - 1, None, None


def _characters(raw: bytes, count: int) -> int:
    return len(raw[: max(count, 0)].decode(errors="ignore"))
