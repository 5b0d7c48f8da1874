"""Checks the links of the built site: each page, file and anchor on it that a page links to exists.

    python .ci/links.py .site

Links to other sites are not followed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

ORIGIN = "https://site.invalid/"


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value and tag != "base":
                self.links.append(value)


def broken(site: Path) -> Iterator[str]:
    """Find the links that lead nowhere, each with its page."""
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        if path.name == "404.html":  # has absolute addresses, since it is shown at any address
            continue
        place = path.relative_to(site).as_posix()
        for link in page.links:
            address = urljoin(ORIGIN + place, link)
            if not address.startswith(ORIGIN):
                continue
            target = site / unquote(urlsplit(address).path).lstrip("/")
            if target.is_dir():
                target /= "index.html"
            anchor = unquote(urlsplit(address).fragment)
            if not target.is_file():
                yield f"{place}: {link}: there is no such file"
            elif target in pages and anchor not in pages[target].anchors:
                yield f"{place}: {link}: the page has no such anchor"


if __name__ == "__main__":
    found = list(broken(Path(sys.argv[1])))
    if found:
        sys.exit("\n".join(found))
