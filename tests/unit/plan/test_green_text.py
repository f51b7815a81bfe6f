from __future__ import annotations

from liftlock.cli.pages.by_hand import page as html
from liftlock.plan.fingerprint import fingerprint, short
from liftlock.plan.green_text import by_hand as page_lines
from liftlock.plan.green_text import differences as difference_lines
from liftlock.plan.green_text import page
from liftlock.plan.text import text
from tests.unit.plan.sample import by_hand, differences, sample

CONFIGURATION = """\
Green's configuration: 4 differences in 1 file; secrets are blotted out
  Unit files and certificates outside of them get the same names and addresses.
  green, made like blue
    /etc/nova/nova.conf
      line 3, 9
        - host = blue
        + host = green
      line 12
        ~ password = … (the change lies within a secret)
      [DEFAULT] wait
        - (not set)
        + wait = 5
          because it is new
"""

TYPED = f"""\
  1. on lb: send all back
       ssh root@10.0.0.1
         echo {"a very long line " * 9}
       then look:  show
       you see: 0

  2. on blue: start blue's workers
       ssh root@10.0.0.2
         systemctl enable --now nova-conductor
       then look:  systemctl is-active nova-conductor
       you see: `active`
"""


def test_what_differs_on_green_is_shown_file_by_file_and_the_same_change_once() -> None:
    plan = sample(differences=differences())
    assert "\n".join(difference_lines(plan)) + "\n" == CONFIGURATION
    assert CONFIGURATION in text(plan)


def test_lines_to_type_are_whole_however_long_and_come_with_what_is_seen_then() -> None:
    plan = sample(by_hand=by_hand())
    said = "\n".join(page_lines(plan))
    assert TYPED in said
    assert (
        "Holds until the gate “migrate” is approved (last lossless step: 1.4 stop glance-api on ctl)" in said
    )


def test_the_page_to_print_names_its_plan_and_is_what_the_plan_says() -> None:
    plan = sample(by_hand=by_hand())
    printed = page(plan)
    assert f"pond: 2025.1 → 2026.1, plan #{short(fingerprint(plan))}" in printed
    assert printed.endswith("\n".join(page_lines(plan)) + "\n")
    assert "\n".join(line.rstrip() for line in page_lines(plan)) in text(plan)


def test_the_page_for_a_browser_has_every_line_to_type() -> None:
    plan = sample(by_hand=by_hand())
    shown = html(plan)
    for step in plan.by_hand:
        for line in (step.login, *step.commands, step.look, step.expect):
            assert f">{line}<" in shown or f" {line}<" in shown


def test_a_plan_without_green_has_neither() -> None:
    assert page(sample()) == ""
    for words in ("bastion", "Green"):
        assert words not in text(sample())
