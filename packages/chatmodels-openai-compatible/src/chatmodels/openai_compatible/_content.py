"""Reads content that is a list of parts, which several vendors send, even between texts."""

from collections.abc import Sequence

import msgspec

from chatmodels.core import Citation
from chatmodels.http.wire import Json, is_list, objects, text_or_none
from chatmodels.openai_compatible._reading import text_in


def content_parts(content: str | list[Json] | dict[str, Json] | None) -> list[Json]:
    """Return content as a list of parts; an object is requested JSON output."""
    if isinstance(content, list):
        return content
    text = msgspec.json.encode(content).decode() if isinstance(content, dict) else content
    return [{"text": text}] if text else []


_TEXT_KEYS = frozenset({"text", "refusal", "thinking", "summary"})


class ContentReader:
    """Collects the parts of one response, whole or chunk by chunk.

    Attributes:
        citations: The citations of the text.
        thinking: The fields of reasoning that are sent back to Mistral; empty if there are none.
        others: Parts that are neither text, reasoning, refusal nor reference.
    """

    __slots__ = ("_cited", "citations", "others", "thinking")

    def __init__(self) -> None:
        self._cited = (0, 0)
        self.citations: list[Citation] = []
        self.thinking: dict[str, Json] = {}
        self.others: list[dict[str, Json]] = []

    def feed(self, content: list[Json], earlier: Sequence[str] = ()) -> tuple[str, str, str]:
        """Split content into text, reasoning and refusal.

        Args:
            content: The content.
            earlier: The chunks of text before it.
        """
        text = reasoning = refusal = ""
        for part in objects(content):
            text += text_in(part.get("text"))
            refusal += text_in(part.get("refusal"))
            # Mistral: {"type": "thinking", "thinking": [{"type": "text", "text": ...}]},
            # Databricks: {"type": "reasoning", "summary": [{"type": "summary_text", "text": ...}]}.
            reasoning += text_in(part.get("thinking")) + text_in(part.get("summary"))
            if "thinking" in part:
                self.thinking["type"] = "thinking"
                if signature := text_or_none(part.get("signature")):
                    self.thinking["signature"] = signature
            elif part.get("type") in ("reference", "tool_reference"):
                self._cite(part, sum(map(len, earlier)) + len(text))
            elif not part.keys() & _TEXT_KEYS:
                self.others.append(part)
        return text, reasoning, refusal

    def _cite(self, part: dict[str, Json], end: int) -> None:
        """Add a citation of the text since the last reference ("Citations", Mistral)."""
        if end != self._cited[1]:
            self._cited = (self._cited[1], end)
        ids = part.get("reference_ids")
        for source in ids if is_list(ids) else (None,):
            self.citations.append(
                Citation(
                    url=text_or_none(part.get("url")),
                    title=text_or_none(part.get("title")),
                    start=self._cited[0],
                    end=end,
                    source=None if source is None else str(source),
                )
            )
