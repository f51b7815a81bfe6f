"""Where a page comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


def template(name: str, filters: Mapping[str, Callable[..., Any]] | None = None) -> Template:
    """The page `name.html.j2` beside this file, to be rendered; what it shows is escaped, what it lacks is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  (a fifth of a second to load)

    pages = Environment(
        loader=PackageLoader("liftlock.cli.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= filters or {}
    return pages.get_template(f"{name}.html.j2")
