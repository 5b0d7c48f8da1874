"""Citations: grounding by Google's tools, and recited texts.

Google reports positions in bytes of UTF-8 ("Segment", "CitationMetadata", API reference). A
`Citation` has positions in characters of a part.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from chatmodels.core import Citation
from chatmodels.http.wire import Json, integer_or_none, is_list, is_object, objects, text_or_none


class ByteCitation(NamedTuple):
    """A source with the byte range that it supports.

    Attributes:
        citation: The source, without a position.
        start: The first byte.
        end: One past the last byte; None if no position is reported.
        text: The supported text, if it is reported.
    """

    citation: Citation
    start: int
    end: int | None
    text: str | None


def read_citations(grounding: Json, recited: Json) -> Iterator[ByteCitation]:
    """Decode the citations of a candidate.

    Args:
        grounding: The `groundingMetadata` of the candidate.
        recited: The `citationMetadata` of the candidate.
    """
    if is_object(grounding):
        sources = [_source(chunk) for chunk in objects(grounding.get("groundingChunks"))]
        supports = objects(grounding.get("groundingSupports"))
        for support in supports:
            value = support.get("segment")
            segment: dict[str, Json] = value if is_object(value) else {}
            numbers = support.get("groundingChunkIndices")
            for number in numbers if is_list(numbers) else ():
                if type(number) is int and 0 <= number < len(sources):
                    yield _byte_citation(sources[number], segment)
        if not supports:
            for source in sources:
                yield ByteCitation(source, 0, None, None)
    if is_object(recited):
        # The Gemini API names the field `citationSources`, Vertex AI `citations`.
        for item in objects(recited.get("citationSources")) or objects(recited.get("citations")):
            url, title = text_or_none(item.get("uri")), text_or_none(item.get("title"))
            if url or title:
                yield _byte_citation(Citation(url=url, title=title), item)


def assign(
    texts: Sequence[str], citations: Sequence[ByteCitation]
) -> dict[int, tuple[Citation, ...]]:
    """Return citations with character positions, by the index of their text.

    Args:
        texts: The visible texts, in order; at least one.
        citations: The citations with byte positions.
    """
    groups: dict[int, dict[Citation, None]] = {}  # a stream can repeat citations
    for item in citations:
        number, start, end = _locate(texts, item)
        citation = replace(item.citation, start=start, end=end)
        groups.setdefault(number, {})[citation] = None
    return {number: tuple(group) for number, group in groups.items()}


def _source(chunk: dict[str, Json]) -> Citation:
    for kind in ("web", "retrievedContext", "maps", "image"):
        source = chunk.get(kind)
        if is_object(source):
            return Citation(
                url=text_or_none(source.get("uri")) or text_or_none(source.get("sourceUri")),
                title=text_or_none(source.get("title")),
                quote=text_or_none(source.get("text")),
                source=text_or_none(source.get("documentName"))
                or text_or_none(source.get("fileSearchStore"))
                or text_or_none(source.get("placeId")),
            )
    return Citation()


def _byte_citation(citation: Citation, segment: dict[str, Json]) -> ByteCitation:
    start = integer_or_none(segment.get("startIndex")) or 0
    end = integer_or_none(segment.get("endIndex"))
    return ByteCitation(citation, max(start, 0), end, text_or_none(segment.get("text")))


def _locate(texts: Sequence[str], cited: ByteCitation) -> tuple[int, int | None, int | None]:
    if cited.end is None:
        return len(texts) - 1, None, None
    if cited.text is not None:
        # Streams do not report the index of the part, so it is found by the text.
        supported = cited.text.encode()
        for number, text in enumerate(texts):
            raw = text.encode()
            if raw[cited.start : cited.end] == supported:
                start = _characters(raw, cited.start)
                return number, start, start + len(cited.text)
        for number, text in enumerate(texts):
            start = text.find(cited.text)
            if start >= 0:
                return number, start, start + len(cited.text)
    offset = 0
    for number, text in enumerate(texts):
        raw = text.encode()
        if cited.start < offset + len(raw):
            start, end = cited.start - offset, cited.end - offset
            return number, _characters(raw, start), _characters(raw, end)
        offset += len(raw)
    return len(texts) - 1, None, None


def _characters(raw: bytes, count: int) -> int:
    return len(raw[: max(count, 0)].decode(errors="ignore"))
