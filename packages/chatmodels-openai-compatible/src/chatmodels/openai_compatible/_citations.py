"""Reads the citations of a text, and other annotations of a response."""

from collections.abc import Sequence

from chatmodels.core import Citation
from chatmodels.http.wire import Json, integer_or_none, is_list, is_object, objects, text_or_none


def read_citations(
    annotations: Json, sources: Json, executed: Sequence[Json] = ()
) -> tuple[Citation, ...]:
    """Read the citations of a text, each page once, since gateways report it in several places.

    Args:
        annotations: OpenAI's annotations, each with a `url_citation` for page and passage.
        sources: Perplexity's search results, or its list of URLs if there are none.
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
    pages = list(sources) if is_list(sources) else []
    for tool in objects(executed):
        results = tool.get("search_results")
        pages += objects(results.get("results")) if is_object(results) else []
    urls = {citation.url for citation in cited}
    cited += [
        source for source in map(_source, pages) if source is not None and source.url not in urls
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
"""The fields of a message that `parts_to_send_back` can return."""


def parts_to_send_back(
    annotations: Json, others: Sequence[Json], steps: Sequence[Json]
) -> dict[str, Json]:
    """Return the fields of the message that later requests can contain again.

    OpenRouter parses a PDF for models that cannot read it. It does not parse the PDF again if a
    request contains the `file` annotation ("PDF Inputs", OpenRouter).

    Args:
        annotations: The annotations of the response.
        others: The parts of its content that have no neutral type.
        steps: The calls and results of the vendor's own tools; they are not sent back.
    """
    fields: dict[str, Json] = {}
    if not (annotations or others or steps):
        return fields
    files = [item for item in objects(annotations) if item.get("type") == "file"]
    if files:
        fields["annotations"] = files
    if others:
        fields["content"] = list(others)
    if steps:
        fields["steps"] = list(steps)
    return fields
