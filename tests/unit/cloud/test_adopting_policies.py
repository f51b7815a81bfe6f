from __future__ import annotations

from typing import Any

import pytest
import yaml

from liftlock.cloud.adoption.path import of_service
from liftlock.errors import BadInput
from tests.unit.cloud.made_up import NEW, OLD, adopted, facts, kinds, point, rules

PATH = "/etc/nova/policy.yaml"


def rule(name: str, check: str = "role:admin", **more: Any) -> dict[str, Any]:
    return {"name": name, "check": check, **more}


RELEASES = rules(
    old=[
        rule("a:get"),
        rule("a:gone"),
        rule("a:old"),
        rule("a:all"),
        rule("a:wide"),
        rule("helper"),
        rule("a:kept"),
    ],
    new=[
        rule("a:get"),
        rule("a:new", old_name="a:old"),
        rule("a:list", old_name="a:all"),
        rule("a:show", old_name="a:all"),
        rule("a:wide", "role:reader"),
        rule("a:kept", leaving=True),
    ],
)

TEXT = """\
# The operator's own words.
"a:get": "rule:a:old and role:x"
# who may
'a:gone': "role:y"
"a:old": "role:z"   # said of old
"a:all":
  - ["role:q"]
  - ["rule:a:old"]
"a:wide": "role:admin"
"mine": "role:m"
"""

ADOPTED = """\
# The operator's own words.
"a:get": "rule:a:new and role:x"
# who may
# liftlock: taken out: nova 33.0.0 has no such rule any more
# 'a:gone': "role:y"
"a:new": "role:z"   # said of old
"a:list":
  - ["role:q"]
  - ["rule:a:new"]
"a:show":
  - ["role:q"]
  - ["rule:a:new"]
"a:wide": "role:admin"
"mine": "role:m"
"""


def test_a_planted_policy_with_one_rule_of_every_fate_comes_out_right() -> None:
    found = adopted(TEXT, RELEASES, PATH)
    assert found.after == ADOPTED
    assert kinds(found) == [
        ("removed", "a:gone"),
        ("renamed", "a:old → a:new"),
        ("renamed", "a:all → a:list"),
        ("copied", "a:show"),
        ("default", "a:wide"),
        ("strange", "mine"),
    ]


def test_an_adopted_policy_stays_as_it_is() -> None:
    assert adopted(ADOPTED, RELEASES, PATH).after == ADOPTED


def test_json_stays_json() -> None:
    text = '{\n    "a:old": "role:x",\n    "a:all": "role:y",\n    "a:gone": "role:z"\n}\n'
    found = adopted(text, RELEASES, "/etc/nova/policy.json")
    assert yaml.safe_load(found.after) == {"a:new": "role:x", "a:list": "role:y", "a:show": "role:y"}
    assert found.after.startswith('{\n    "a:new": "role:x",\n    "a:list"')


@pytest.mark.parametrize(
    "names", [("a:gone", "helper"), ("helper", "a:gone", "a:get"), ("a:get", "a:gone", "helper")]
)
def test_rules_go_from_json_wherever_they_stand(names: tuple[str, ...]) -> None:
    text = "{" + ", ".join(f'"{name}": "role:x"' for name in names) + "}"
    left = yaml.safe_load(adopted(text, RELEASES, "/etc/nova/policy.json").after)
    assert left == {name: "role:x" for name in names if name == "a:get"}


def test_a_rule_that_others_refer_to_stays_though_the_release_no_longer_has_it() -> None:
    text = '"a:get": "rule:helper"\n"helper": "role:x"\n'
    assert adopted(text, RELEASES, PATH).after == text


def test_a_reference_to_a_rule_that_is_gone_is_for_the_operator_to_mend() -> None:
    assert ("invalid", "a:get") in kinds(adopted('"a:get": "rule:helper"\n', RELEASES, PATH))


def test_a_rule_whose_new_name_is_set_as_well_does_not_count() -> None:
    found = adopted('"a:old": "role:x"\n"a:new": "role:y"\n', RELEASES, PATH)
    assert yaml.safe_load(found.after) == {"a:new": "role:y"}


def test_a_default_that_no_file_sets_is_told() -> None:
    assert kinds(adopted("", RELEASES, PATH)) == [("default", "a:wide")]


@pytest.mark.parametrize("text", ["- a\n", "{", "a: [\n", '"a": 1\n? [x]\n: 2\n', "\x00"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"/etc/nova/policy\.yaml"):
        adopted(text, RELEASES, PATH)


@pytest.mark.parametrize(
    ("setting", "kind"), [("", [("invalid", "policy.json")]), ("policy_file = policy.json", [])]
)
def test_a_policy_in_json_that_the_new_library_does_not_look_for_is_told(
    setting: str, kind: list[tuple[str, str]]
) -> None:
    option = {"section": "oslo_policy", "name": "policy_file", "type": "string value"}
    old = facts(OLD, oslo_policy_4_5_1=[point("options", "oslo.policy", option)])
    new = facts(NEW, oslo_policy_5_0_0=[point("options", "oslo.policy", option)])
    texts = {"/etc/nova/nova.conf": f"[oslo_policy]\n{setting}\n", "/etc/nova/policy.json": "{}"}
    assert [found for file in of_service("nova", texts, old, new) for found in kinds(file)] == kind
