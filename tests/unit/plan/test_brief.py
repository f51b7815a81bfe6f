"""What a plan says besides its steps: as text, to users, as a page, and between two plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html.parser import HTMLParser

import pytest

from liftlock.cli.pages.plan import page
from liftlock.plan import users_text
from liftlock.plan.brief import Brief, Component, NoteThatMatters, Outage, Remark, Tenant, Timing, Way
from liftlock.plan.brief_text import affected, verification
from liftlock.plan.diff import diff
from liftlock.plan.model import Plan, Risk, Stage
from liftlock.plan.step import Step
from liftlock.plan.text import WIDTH, taking, text
from tests.unit.plan.sample import Idle, by_hand, differences, sample, stages


def brief(**changed: object) -> Brief:
    fields: dict[str, object] = {
        "path": ("2025.1 → 2026.1 is one hop",),
        "ways": (
            Way(
                "in place", "one hop", "great", "one at a time", "1 API away", "chosen: no green", chosen=True
            ),
            Way("blue/green", "one hop", "-", "both", "-", "not possible here"),
        ),
        "components": (
            Component("keystone", "27.0.2", "29.0.2", (), "overlap", "proved on copies"),
            Component("nova", "31.3.1", "33.0.2", ("keystone",), "not proved", "no proof", ("nova-alone",)),
        ),
        "outages": (Outage("nova", 1, 2, 190.0),),
        "instances": 2_005,
        "projects": 3,
        "tenants": (Tenant("harbour", 2_000, ("web-1", "web-2")), Tenant("pier", 4, ("a", "b", "c", "d"))),
        "busy": ("web-1 of harbour: migrating",),
        "busy_count": 3,
        "capacity": ("ctl: 900 MiB free",),
        "timings": (
            Timing(20.0, 50.0, "3 runs here"),
            Timing(100.0, None, "1 of 2 steps by 3 runs here, else liftlock's figures"),
        ),
        "remarks": (Remark("reboot_wanted:ctl", "ctl waits for a reboot", "reboot it"),),
        "gains": ("more of everything",),
    }
    return Brief(**{**fields, **changed})  # type: ignore[arg-type]


def explained(**changed: object) -> Plan:
    return sample(brief=brief(**changed))


BEFORE = """\
  liftlock's figures: what such a step takes on liftlock's lab; nothing like it was measured on this
    cloud

Why this way
  - 2025.1 → 2026.1 is one hop
  » in place
      step     one hop
      risk     great
      servers  one at a time
      clients  1 API away
      verdict  chosen: no green
    blue/green
      step     one hop
      servers  both
      verdict  not possible here

What is upgraded
  service   from    to      old beside new  after
  keystone  27.0.2  29.0.2  overlap         -
  nova      31.3.1  33.0.2  not proved      keystone
  - keystone: proved on copies
  - nova: no proof
  - never two beside each other, old stops before new starts: nova-alone

Who is affected
  - no API of nova from stage 1 to stage 2: about 3 min 10 s, the time of these stages, and as long
    as the run waits at a gate between them
  - no step touches a compute host: 2,005 instances of 3 projects go on running where they are
  - project harbour: 2,000 instances (web-1, web-2 and 1,998 more)
  - project pier: 4 instances (a, b, c, d)
  - and 1 project more with 1 instance
  - every user, during stage 1: API requests fail from here on.
  - every user, during stage 2: Nothing new.
  - nova was working on 3 instances when the plan was made: web-1 of harbour: migrating and 2 more;
    wait for them before the gate “start”

Capacity
  - ctl: 900 MiB free

Stage 1: stop the control services                        P50 20 s, P90 50 s (3 runs here)
"""


def test_what_explains_a_plan_stands_before_its_stages() -> None:
    printed = text(explained())
    assert BEFORE.rsplit("\n", 2)[0] in printed
    assert "Stage 1: stop the control services" + "P50 20 s, P90 50 s (3 runs here)".rjust(66) in printed
    assert "Advice: 1\n  - reboot_wanted:ctl: ctl waits for a reboot; reboot it\n" in printed
    assert max(map(len, printed.splitlines())) <= WIDTH


def test_what_there_is_nothing_of_has_no_heading() -> None:
    printed = text(explained(remarks=()))
    assert "Advice" not in printed
    assert "Rehearsed" not in printed
    assert "\nRehearsed\n  - on copies, yesterday\n" in text(explained(rehearsed=("on copies, yesterday",)))


NOTE = """\
Notes that matter
  - 1 of 40 release notes name something this cloud has. That is a first sieve, not a reading: what
    only their prose says is not understood (docs/plan.md); all of them: `liftlock hop show --topic
    notes`
  - nova, upgrade: uses option [DEFAULT]/my_ip; runs nova-compute
    “The option is gone.”
    no-my-ip.yaml
"""


def test_release_notes_that_are_about_something_here_say_what_that_is() -> None:
    ties = ("uses option [DEFAULT]/my_ip", "runs nova-compute")
    note = NoteThatMatters("nova", "upgrade", "no-my-ip.yaml", "The option is gone.", ties)
    assert NOTE in text(explained(notes=(note,), notes_read=40))
    assert "nobody looked: `liftlock plan --notes` reads them" in text(explained(notes_read=None))
    long = replace(note, text="The option is gone, and so are many others. " * 40)
    quoted = (
        text(explained(notes=(long,), notes_read=40)).split("“The option", 1)[1].split("    no-my-ip", 1)[0]
    )
    assert quoted.count("\n") == 3
    assert quoted.endswith(" …”\n")


def test_while_keystone_is_away_the_apis_that_ask_it_are_told_of_too() -> None:
    away = brief(outages=(Outage("keystone", 1, 2, 190.0),))
    told = "requests to nova fail too while keystone is away, which checks their tokens"
    assert told in list(affected(sample(), away))
    told = " ".join(users_text.page(sample(brief=away)).split())
    assert "The other APIs refuse requests while identity (keystone) does not answer." in told


def test_no_time_stands_without_its_basis() -> None:
    for plan in (explained(), sample(), sample(stages=())):
        for line in text(plan).splitlines():
            if "about " in line and line.startswith(("Stage", "  time")):
                assert "liftlock's figures" in line or "runs here" in line or "each stage says" in line
    whole = sample(brief=brief(timings=(Timing(20.0, 50.0, "3 runs here"),) * 2))
    assert "  time         P50 40 s, P90 1 min 40 s (3 runs here), waiting" in text(whole)
    assert taking(Timing(59.6, None, "a guess")) == "about 1 min (a guess)"


def test_hosts_with_instances_are_named_when_the_plan_touches_them() -> None:
    told = list(affected(sample(), brief(touched=("cmp1", "cmp2"), outages=(), busy_count=0)))
    assert told[:2] == [
        "no API is taken away by plan",
        "hosts with instances on which something is done: cmp1, cmp2",
    ]


@dataclass(frozen=True)
class Ask(Idle):
    @property
    def only_asks(self) -> bool:
        return True


@dataclass(frozen=True)
class Told(Idle):
    @property
    def looked_at(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ((Idle(),), "1 change, each looked at again once it is done"),
        ((Told(),), "3.1: how the program ended is all there is"),
        (
            (Ask(),) * 7,
            "3.1, 3.2, 3.3, 3.4, 3.5 and 2 more: nothing but questions; a bad answer holds the run",
        ),
        (
            (Idle(), Ask(), Told()),
            "1 change, each looked at again once it is done; 3.3: how the program ended is all there is; 3.2: nothing "
            "but questions; a bad answer holds the run",
        ),
    ],
)
def test_a_stage_says_how_one_knows_that_it_worked(steps: tuple[Step, ...], words: str) -> None:
    assert verification(3, Stage("s", "w", (steps,), "f", "u")) == words


def test_users_are_told_when_what_they_notice_and_what_they_gain() -> None:
    assert users_text.page(explained(), "on Tuesday at 22:00 UTC") == (
        "Subject: pond: upgrade to OpenStack 2026.1 (Gazpacho)\n\n"
        "We are going to upgrade pond from OpenStack 2025.1 to 2026.1.\n\n"
        "When\n- It begins on Tuesday at 22:00 UTC.\n"
        "- The work itself takes about 2 min (each stage says on what its own rests);\n"
        "  pauses in which we check come on top.\n\n"
        "What you may notice\n"
        "- compute (nova): no answers for about 3 min 10 s by plan. Requests fail\n"
        "  meanwhile; repeat them afterwards.\n"
        "- Instances, volumes and networks that exist go on running; none is stopped,\n  moved or restarted.\n\n"
        "What you gain\n- more of everything\n\n"
        "If something goes wrong\n"
        "- Until we decide to migrate we can go back without losing anything you wrote.\n"
        "- After that, going back would mean a backup: we would tell you before.\n"
    )


def test_where_nothing_is_interrupted_users_are_told_so() -> None:
    quiet = sample(brief=brief(outages=(), touched=("cmp1",)), stages=stages()[:1])
    told = users_text.page(quiet)
    assert f"It begins {users_text.TO_FILL_IN}." in told
    assert "Every API goes on answering: we plan no interruption.\n- API requests fail from here on.." in told
    assert "Instances on these hosts may be affected: cmp1." in told
    assert "We can go back at any time" in told
    lossy = replace(stages()[0], lossless=False)
    assert "\n- Going back would mean a backup" in users_text.page(sample(stages=(lossy,)))
    assert users_text.named("2099.1") == "2099.1"
    assert users_text.spoken("placement") == "placement"


class Words(HTMLParser):
    """What a reader of a page sees, and what a browser would fetch or run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen = ""
        self.fetched: list[str] = []
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        if tag in ("script", "img", "link", "iframe", "object"):
            self.fetched.append(tag)
        self.fetched += [
            value for name, value in attrs if name in ("src", "href") and value and value[0] != "#"
        ]

    def handle_data(self, found: str) -> None:
        self.seen += "" if self._style else found


def test_every_stage_gate_step_and_finding_is_on_the_page() -> None:
    risks = (
        Risk("clock:ctl", "late", "set it"),
        Risk("disk:ctl", "full", "empty it", "kim until Monday: ok"),
    )
    plan = sample(brief=brief(), risks=risks, differences=differences(), by_hand=by_hand())
    found = Words(page(plan))
    assert found.fetched == []
    for number, stage in enumerate(plan.stages, start=1):
        for words in (f"{number}. {stage.name}", stage.why, stage.feels, stage.undo):
            assert words in found.seen
        assert not stage.gate or found.seen.count(stage.gate) >= 3
    for ref, step in plan.steps():
        assert f"{ref}{step.title}" in found.seen
    explained_by = plan.brief
    assert explained_by
    for words in (
        *(w for r in risks for w in (r.name, r.what)),
        "set it",
        "accepted by kim until Monday: ok",
        *(w for r in explained_by.remarks for w in (r.name, r.what, r.fix)),
        *(w for way in explained_by.ways for w in (way.name, way.servers, way.verdict)),
        *(w for c in explained_by.components for w in (c.service, c.before, c.after, c.rolls_because)),
        *affected(plan, explained_by),
        *explained_by.capacity,
        *plan.fine_print,
        *(command for step in plan.by_hand for command in step.commands),
        *(d.after for d in plan.differences),
        "Last lossless step: 1.4 stop glance-api on ctl",
        users_text.page(plan),
    ):
        assert words in found.seen, words


def test_a_page_for_a_plan_that_nobody_explained_and_that_loses_from_the_start() -> None:
    lossy = replace(stages()[0], lossless=False)
    found = Words(page(sample(stages=(lossy,))))
    assert "No stage is lossless" in found.seen
    assert "Why this way" not in found.seen
    assert "None was found." in found.seen


EVIL = "<script>alert('x')</script>\"&"


def test_names_are_escaped_wherever_they_stand() -> None:
    stage = replace(stages()[0], name=EVIL, why=EVIL, feels=EVIL, undo=f"`{EVIL}`", gate=EVIL)
    evil = brief(
        path=(EVIL,),
        ways=(Way(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL),),
        components=(Component(EVIL, EVIL, EVIL, (EVIL,), EVIL, EVIL, (EVIL,)),),
        tenants=(Tenant(EVIL, 1, (EVIL,)),),
        busy=(EVIL,),
        capacity=(EVIL,),
        timings=(Timing(1.0, None, EVIL),),
        remarks=(Remark(EVIL, EVIL, EVIL),),
        gains=(EVIL,),
    )
    html = page(sample(cloud=EVIL, stages=(stage,), brief=evil, risks=(Risk(EVIL, EVIL, EVIL, EVIL),)))
    found = Words(html)
    assert "<script" not in html
    assert found.fetched == []
    assert found.seen.count(EVIL) >= 25


def test_two_plans_that_are_explained_differently_differ() -> None:
    old = explained()
    new = explained(
        components=(Component("nova", "31.3.1", "33.0.3", (), "gap", "it breaks"),), outages=(), remarks=()
    )
    assert diff(old, new) == (
        "- advice: reboot_wanted:ctl: ctl waits for a reboot",
        "- keystone: old beside new: overlap: proved on copies",
        "- keystone: versions: 27.0.2 → 29.0.2",
        "- nova: no API: stage 1 to stage 2",
        "~ nova: old beside new: not proved: no proof → gap: it breaks",
        "~ nova: versions: 31.3.1 → 33.0.2 → 31.3.1 → 33.0.3",
    )
    assert diff(old, explained(instances=5, timings=())) == ()
