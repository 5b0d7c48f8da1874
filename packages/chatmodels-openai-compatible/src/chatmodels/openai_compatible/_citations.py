"""What a text cites, and the other notes that vendors attach to an answer."""

from collections.abc import Sequence

from chatmodels.core import Citation
from chatmodels.http.wire import Json, integer_or_none, is_list, is_object, objects, text_or_none


def read_citations(
    annotations: Json, sources: Json, executed: Sequence[Json] = ()
) -> tuple[Citation, ...]:
    """Read what the text cites, each page once: gateways report it in several places.

    Args:
        annotations: OpenAI's, each with a `url_citation` that names page and passage.
        sources: Perplexity's search results or, where it has none, its list of addresses.
        executed: Groq's tools, with the results of their searches.
    """
    if not (annotations or sources or executed):
        return ()
    cited = [
        Citation(
            url=text_or_none(citation.get("url")),
            title=text_or_none(citation.get("title")),
            quote=text_or_none(citation.get("content")),
            start=integer_or_none(citation.get("start_index")),
            end=integer_or_none(citation.get("end_index")),
        )
        for annotation in objects(annotations)
        if is_object(citation := annotation.get("url_citation"))
    ]
    found = list(sources) if is_list(sources) else []
    for tool in objects(executed):
        results = tool.get("search_results")
        found += objects(results.get("results")) if is_object(results) else []
    known = {citation.url for citation in cited}
    cited += [
        source for source in map(_source, found) if source is not None and source.url not in known
    ]
    return tuple(cited)


def _source(source: Json) -> Citation | None:
    if isinstance(source, str):
        return Citation(url=source)
    if not is_object(source):
        return None
    return Citation(
        url=text_or_none(source.get("url")),
        title=text_or_none(source.get("title")),
        quote=text_or_none(source.get("snippet")) or text_or_none(source.get("content")),
    )


RESPONSE_FIELDS = frozenset({"annotations", "content", "steps"})
"""The fields of a message that `kept_parts` can return."""


def kept_parts(annotations: Json, others: Sequence[Json], steps: Sequence[Json]) -> dict[str, Json]:
    """Choose what a later request may give back, as fields of a message.

    OpenRouter parses a PDF for models that cannot read it, and need not do so again if it is
    given its `file` annotation back ("PDF Inputs", OpenRouter).

    Args:
        annotations: What was attached to the answer.
        others: The parts of its content that the neutral types have no word for.
        steps: What the vendor's own tools were asked and gave; it stays here.
    """
    kept: dict[str, Json] = {}
    if not (annotations or others or steps):
        return kept
    files = [item for item in objects(annotations) if item.get("type") == "file"]
    if files:
        kept["annotations"] = files
    if others:
        kept["content"] = list(others)
    if steps:
        kept["steps"] = list(steps)
    return kept
