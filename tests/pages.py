"""What a browser would fetch when it shows a page of ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser

FETCHING = {"script", "link", "iframe", "frame", "object", "embed", "base"}
"""Elements that fetch by being there, or change where others fetch from."""
ADDRESSES = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping", "xlink:href"}
"""Attributes whose value is fetched."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        if tag in FETCHING:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if (
                name in ADDRESSES
                or (name == "href" and not (value or "").startswith("#"))
                or name.startswith("on")
            ):
                self.found.append(f"{tag} {name}={value}")
            if name == "style" or name in {"fill", "stroke"}:
                self._style(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self._style(data)

    def _style(self, text: str) -> None:
        self.found += re.findall(r"@import|url\(", text)


def fetched(page: str) -> list[str]:
    """Each thing in `page` (HTML) that a browser would fetch or run; its words may name any address."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.found
