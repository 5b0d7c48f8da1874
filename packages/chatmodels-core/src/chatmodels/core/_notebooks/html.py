"""Shows values as HTML in notebooks, with the texts of models and users escaped."""

import base64
from html import escape
from urllib.parse import urlsplit

from chatmodels.core._notebooks.display import display
from chatmodels.core._notebooks.facts import (
    SHOWN_BYTES,
    Medium,
    TextBudget,
    medium_facts,
    result_title,
)
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import (
    AudioPart,
    Citation,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
)

# SVG is not among them: it is a document, which can have links and scripts.
_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_AUDIO = frozenset({"audio/wav", "audio/mpeg", "audio/mp3", "audio/ogg", "audio/flac"})


def html(value: object, /) -> str | None:
    """Return a message, a part, a request or a response as HTML; None for other values."""
    return display(value, _Writer())


class _Writer:
    """Writes one display, within its limits."""

    separator = ""

    def __init__(self) -> None:
        self._budget = TextBudget()
        self._bytes = SHOWN_BYTES

    def text(self, text: str) -> str:
        return escape(self._budget.take(text))

    def response(self, message: Message, facts: str) -> str:
        # The facts come first, so that a long message does not use up their budget.
        line = self.text(facts)
        return f"{self.message(message)}<div><small>{line}</small></div>"

    def message(self, message: Message) -> str:
        title = self.text(f"{message.role} ({message.name})" if message.name else message.role)
        parts = "".join(map(self.part, message.parts))
        return f"<div><strong>{title}</strong>{parts}</div>"

    def part(self, part: Part) -> str:
        match part:
            case TextPart():
                return self._block(part.text) + self._sources(part.citations)
            case ReasoningPart():
                return f"<details><summary>reasoning</summary>{self._block(part.text)}</details>"
            case RefusalPart():
                return f"<div><em>refusal</em>{self._block(part.text)}</div>"
            case ToolCall():
                return f"<div><code>{self.text(f'{part.name}({part.arguments_json})')}</code></div>"
            case ToolResult():
                title = self.text(result_title(part))
                content = "".join(map(self.part, part.content))
                return f"<div><em>{title}</em>{content}</div>"
            case ProviderPart():
                return f"<div><em>part of {self.text(part.signature.format)}</em></div>"
            case _:
                return self._medium(part)

    def _block(self, text: str) -> str:
        return f'<div style="white-space: pre-wrap">{self.text(text)}</div>'

    def _sources(self, citations: tuple[Citation, ...]) -> str:
        links = [self._link(each.url, each.title or each.url) for each in citations if each.url]
        return f"<div><small>{', '.join(links)}</small></div>" if links else ""

    def _medium(self, part: Medium) -> str:
        content = self._embedded(part)
        if part.url is not None:
            # A link, and not the image: opening a notebook must not call an address in it.
            content += self._link(part.url, part.url)
        facts = self.text(medium_facts(part))
        if isinstance(part, AudioPart) and part.transcript:
            content += self._block(part.transcript)
        return f"<div>{content}<small>[{facts}]</small></div>"

    def _embedded(self, part: Medium) -> str:
        data, kind = part.data, part.media_type
        if data is None or len(data) > self._bytes or kind not in _IMAGES | _AUDIO:
            return ""
        self._bytes -= len(data)
        source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
        if kind in _IMAGES:
            return f'<img src="{source}" style="max-width: 100%; max-height: 20em; display: block">'
        return f'<audio controls src="{source}" style="display: block"></audio>'

    def _link(self, url: str, title: str) -> str:
        shown = self.text(title)
        if not _is_web(url):
            return shown
        return f'<a href="{escape(url)}" rel="noreferrer noopener">{shown}</a>'


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        return False
