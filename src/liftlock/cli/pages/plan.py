"""A plan as one self-contained page for those who sign it: no script, nothing fetched, made for screen and paper."""

from __future__ import annotations

import time
from collections.abc import Iterator

from liftlock.cli.pages.template import template
from liftlock.plan import green_text, users_text
from liftlock.plan.alike import name_of, together, what_of
from liftlock.plan.brief import OWN_FIGURES, OWN_FIGURES_MEAN, Brief
from liftlock.plan.brief_text import affected, notes_sentence, reasons, verification
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.model import Difference, Plan, Stage
from liftlock.plan.text import taking, timing, total
from liftlock.plan.words import duration


def page(plan: Plan) -> str:
    """HTML of it; every word of the plan is escaped."""
    times = [timing(plan, number) for number in range(1, len(plan.stages) + 1)]
    return template(
        "plan", {"taking": taking, "seconds": duration, "name_of": name_of, "what_of": what_of}
    ).render(
        p=plan,
        b=plan.brief or Brief(),
        fingerprint=short(fingerprint(plan)),
        made=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(plan.made_at)),
        times=times,
        total=total(times),
        own_figures=OWN_FIGURES_MEAN if any(OWN_FIGURES in t.basis for t in times) else "",
        reasons=tuple(reasons(plan.brief.components)) if plan.brief else (),
        notes_sentence=notes_sentence(plan.brief) if plan.brief else "",
        affected=tuple(affected(plan, plan.brief)) if plan.brief else (),
        checked=[verification(number, stage) for number, stage in enumerate(plan.stages, start=1)],
        lanes=[tuple(lanes(number, stage)) for number, stage in enumerate(plan.stages, start=1)],
        files=files(plan),
        risks=tuple(together(plan.risks)),
        remarks=tuple(together(plan.brief.remarks)) if plan.brief else (),
        rules=green_text.rules(plan) if plan.by_hand else (),
        afterwards=green_text.AFTERWARDS,
        for_users=users_text.page(plan) if plan.brief else "",
    )


def lanes(number: int, stage: Stage) -> Iterator[list[tuple[str, str]]]:
    """(number, title) of each step, lane by lane."""
    ordinal = 0
    for lane in stage.lanes:
        yield [(f"{number}.{ordinal + place}", step.title) for place, step in enumerate(lane, start=1)]
        ordinal += len(lane)


def files(plan: Plan) -> dict[str, list[Difference]]:
    """`ctl-green: /etc/nova/nova.conf` -> how that file will differ from blue's."""
    found: dict[str, list[Difference]] = {}
    for one in plan.differences:
        found.setdefault(f"{one.host}: {one.path}", []).append(one)
    return found
