"""What a text cites, and the other notes that vendors attach to an answer."""

from collections.abc import Sequence

from chatmodels.core import Citation
from chatmodels.http.wire import Json, integer_or_none, is_list, is_object, objects, text_or_none


def read_citations(annotations: Json, sources: Json) -> tuple[Citation, ...]:
    """Read what the text cites.

    Args:
        annotations: OpenAI's, each with a `url_citation` that names page and passage.
        sources: Perplexity's search results or, where it has none, its list of addresses.
    """
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
    for source in sources if is_list(sources) else ():
        if isinstance(source, str):
            cited.append(Citation(url=source))
        elif is_object(source):
            cited.append(
                Citation(
                    url=text_or_none(source.get("url")),
                    title=text_or_none(source.get("title")),
                    quote=text_or_none(source.get("snippet")),
                )
            )
    return tuple(cited)


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
    files = [item for item in objects(annotations) if item.get("type") == "file"]
    if files:
        kept["annotations"] = files
    if others:
        kept["content"] = list(others)
    if steps:
        kept["steps"] = list(steps)
    return kept
