"""The page to print before a run: what a person types if the bastion is lost."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from liftlock.plan import green_text
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan


def page(plan: Plan) -> str:
    """HTML of it, made for paper; no script, nothing fetched."""
    pages = Environment(
        loader=PackageLoader("liftlock.cli.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("by_hand.html.j2").render(
        p=plan,
        fingerprint=short(fingerprint(plan)),
        rules=green_text.rules(plan),
        afterwards=green_text.AFTERWARDS,
    )
