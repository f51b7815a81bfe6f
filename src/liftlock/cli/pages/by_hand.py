"""The page to print before a run: what a person types if the bastion is lost."""

from __future__ import annotations

from liftlock.cli.pages.template import template
from liftlock.plan import green_text
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Plan


def page(plan: Plan) -> str:
    """HTML of it, made for paper; no script, nothing fetched."""
    return template("by_hand").render(
        p=plan,
        fingerprint=short(fingerprint(plan)),
        rules=green_text.rules(plan),
        afterwards=green_text.AFTERWARDS,
    )
