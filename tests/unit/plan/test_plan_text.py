from __future__ import annotations

from dataclasses import replace

from liftlock.plan.text import text
from liftlock.plan.words import WIDTH
from tests.unit.plan.sample import sample, stages

WHOLE = """\
upgrade pond: 2025.1 → 2026.1
  strategy     in_place
  fingerprint  #FINGERPRINT
  steps        5 in 2 stages
  time         about 3 min 10 s (liftlock's figures), waiting at gates not counted
  backup       before-2026.1
  relies on    2 facts about this cloud
  liftlock's figures: what such a step takes on liftlock's lab; nothing like it was measured on this
    cloud

Stage 1: stop the control services                             about 1 min 30 s (liftlock's figures)
  why     Old code cannot run on the new schema.
  users   API requests fail from here on.
  verify  4 changes, each looked at again once it is done
  going back from here: The services are started again: 30 s, nothing is lost.
  2 lanes, 2 at a time
  ┌   1.1  stop nova-api on ctl
  │   1.2  stop nova-scheduler on ctl
  └   1.3  stop nova-conductor on ctl
  ╶   1.4  stop glance-api on ctl

── last lossless step ──────────────────────────────────────────────────────────────────────────────
   1.4  stop glance-api on ctl
   going back from here on loses writes

Stage 2: migrate the databases                                 about 1 min 40 s (liftlock's figures)
  ══ gate “migrate”: waits for approval before it starts ══
  why     New code needs the new schema.
  users   Nothing new.
  verify  1 change, each looked at again once it is done
  going back from here: The backup is restored: what was written since is lost.
      2.1  run nova-manage db sync on ctl

The fine print
  - MariaDB, RabbitMQ and the balancer are not upgraded.
  - It is very very very very very very very very very very very very very very very very very very
    very very long.
"""


def fingerprint_of(printed: str) -> str:
    return next(line.split("#")[1] for line in printed.splitlines() if "fingerprint" in line)


def test_the_whole_plan_is_printed_for_a_person_to_approve() -> None:
    printed = text(sample())
    found = fingerprint_of(printed)
    assert len(found) == 12
    assert printed.replace(found, "FINGERPRINT") == WHOLE


def test_no_line_is_wider_than_the_terminal_and_none_ends_in_blanks() -> None:
    first = replace(stages()[0], why="word " * 60, name="a stage with " + "a long name " * 9)
    for line in text(sample(stages=(first, *stages()[1:]))).splitlines():
        assert len(line) <= max(WIDTH, len(f"Stage 1: {first.name}"))
        assert line == line.rstrip()


def test_a_plan_without_a_lossless_stage_says_so_before_its_first_stage() -> None:
    lossy = replace(stages()[0], lossless=False)
    lines = text(sample(stages=(lossy,))).splitlines()
    rule = next(n for n, line in enumerate(lines) if line.startswith("── no stage is lossless"))
    assert rule < next(n for n, line in enumerate(lines) if line.startswith("Stage 1"))
    assert "last lossless step" not in text(sample(stages=(lossy,)))


def test_where_everything_is_lossless_the_last_stage_is_the_last_lossless_one() -> None:
    printed = text(sample(stages=stages()[:1]))
    assert printed.index("Stage 1") < printed.index("── last lossless step ──")
    assert "going back from any stage loses no write" in printed


def test_a_plan_without_fine_print_says_none() -> None:
    assert text(sample(fine_print=())).endswith("The fine print\n  - none\n")
