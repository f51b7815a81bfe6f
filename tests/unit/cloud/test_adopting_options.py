from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock import ini
from liftlock.cloud.adoption.model import Change
from liftlock.cloud.adoption.path import of_service
from liftlock.errors import BadInput
from tests.unit.cloud.made_up import NEW, OLD, adopted, both, facts, kinds, option, point

RELEASES = both(
    old=[
        option("stays"),
        option("goes", leaving=True, since="30.0.0"),
        option("goes_unsaid"),
        option("old_name"),
        option("new_name", "place", aliases=[["DEFAULT", "older_name"], ["", "oldest_name"]]),
        option("moves"),
        option("many", multi=True, aliases=[["", "many_before"]]),
        option("picky", choices=["a", "b", "c"]),
        option("ageing"),
        option("shifts", default="1"),
        option("reader", aliases=[["", "stays"]]),
        option("pass_before", secret=True),
    ],
    new=[
        option("stays"),
        option("young_name", aliases=[["", "old_name"]]),
        option("new_name", "place"),
        option("moves", "elsewhere", aliases=[["DEFAULT", "moves"]]),
        option("many", multi=True),
        option("picky", choices=["a", "b"]),
        option("ageing", leaving=True, since="32.0.0"),
        option("shifts", default="2"),
        option("reader"),
        option("demanded", required=True),
        option("passphrase", "place", secret=True, aliases=[["DEFAULT", "pass_before"]]),
    ],
)

PLANTED = """\
# The operator's own words.
[DEFAULT]
stays = 'here'
goes = away
# why this is so
goes_unsaid = one,
    two
old_name: kept
older_name = moved
moves = too
many_before = 1
many_before = 2
picky = c
ageing = yes
driver_of_somebody = x

[place]
; nothing here
"""

ADOPTED = """\
# The operator's own words.
[DEFAULT]
stays = 'here'
# liftlock: taken out: nova 33.0.0 no longer has it; it was deprecated since 30.0.0
# goes = away
# why this is so
# liftlock: taken out: nova 33.0.0 no longer has it; nova 31.0.0 did not say that it would go
# goes_unsaid = one,
#     two
young_name: kept
# liftlock: older_name is [place] new_name in 2027.1
# liftlock: moves is [elsewhere] moves in 2027.1
many = 1
many = 2
picky = c
ageing = yes
driver_of_somebody = x
reader = 'here'
# liftlock: 2027.1 does not start without demanded (string value): set it here

[place]
; nothing here
new_name = moved

[elsewhere]
moves = too
"""


def test_a_planted_file_with_one_option_of_every_fate_comes_out_right() -> None:
    found = adopted(PLANTED, RELEASES)
    assert found.after == ADOPTED
    assert kinds(found) == [
        ("copied", "[DEFAULT] reader"),
        ("removed", "[DEFAULT] goes"),
        ("removed", "[DEFAULT] goes_unsaid"),
        ("renamed", "[DEFAULT] old_name"),
        ("renamed", "[DEFAULT] older_name"),
        ("renamed", "[DEFAULT] moves"),
        ("renamed", "[DEFAULT] many_before"),
        ("renamed", "[DEFAULT] many_before"),
        ("invalid", "[DEFAULT] picky"),
        ("deprecated", "[DEFAULT] ageing"),
        ("strange", "[DEFAULT] driver_of_somebody"),
        ("required", "[DEFAULT] demanded"),
        ("default", "[DEFAULT] shifts"),
    ]


def test_adopting_what_was_adopted_changes_nothing() -> None:
    assert adopted(ADOPTED, RELEASES).after == ADOPTED


NAMES = [
    "stays",
    "goes",
    "goes_unsaid",
    "old_name",
    "older_name",
    "oldest_name",
    "new_name",
    "young_name",
    "moves",
    "many",
    "many_before",
    "picky",
    "ageing",
    "shifts",
    "reader",
    "demanded",
    "odd",
    "passphrase",
    "pass_before",
]
LINES = st.sampled_from(
    [
        *(f"{name} = {value}" for value in ("a", "'b c'", "1,2") for name in NAMES),
        "old_name: x\n  y\n\tz",
        "# words",
        "; words",
        "",
        "   ",
        "[place]",
        "[Place]",
        "[DEFAULT]",
        "[elsewhere]",
    ]
)


@given(st.lists(LINES, max_size=14), st.booleans())
def test_whatever_was_adopted_stays_as_it_is(lines: list[str], ends: bool) -> None:
    text = "\n".join(["[DEFAULT]", *lines]) + ("\n" if ends else "")
    if text_continues_nothing(text):
        return
    once = adopted(text, RELEASES)
    again = adopted(once.after, RELEASES)
    assert again.after == once.after
    assert not [change for change in again.changes if change.kind.rewrites]


def text_continues_nothing(text: str) -> bool:
    try:
        adopted(text, RELEASES)
    except BadInput:
        return True
    return False


@given(st.lists(LINES, max_size=14))
def test_comments_and_their_order_stay(lines: list[str]) -> None:
    text = "\n".join(["[DEFAULT]", *lines]) + "\n"
    if not text_continues_nothing(text):
        after = adopted(text, RELEASES).after.splitlines()
        comments = ("#", ";")
        kept = [line for line in after if line.startswith(comments) and line in ("# words", "; words")]
        assert kept == [line for line in lines if line in ("# words", "; words")]


def test_where_old_and_new_name_are_set_the_new_one_counts_as_it_does_today() -> None:
    found = adopted("[DEFAULT]\nolder_name = loses\n[place]\nnew_name = counts\n", RELEASES)
    assert "# older_name = loses\n" in found.after
    assert found.after.count("new_name = ") == 1
    assert ("removed", "[DEFAULT] older_name") in kinds(found)


def test_of_two_former_names_the_one_counts_that_oslo_config_reads_first() -> None:
    found = adopted("[place]\noldest_name = second\n[DEFAULT]\nolder_name = first\n", RELEASES)
    assert "\nnew_name = first\n" in found.after
    assert "# oldest_name = second\n" in found.after


def test_an_option_given_twice_keeps_its_order_so_that_the_last_one_counts() -> None:
    found = adopted("[DEFAULT]\nolder_name = 1\nolder_name = 2\n", RELEASES)
    assert found.after.endswith("[place]\nnew_name = 1\nnew_name = 2\n")


def test_sections_are_the_same_in_capitals_but_for_default() -> None:
    found = adopted("[Place]\noldest_name = x\n[default]\ngoes = x\n", RELEASES)
    assert "[Place]\nnew_name = x\n" in found.after
    assert "[default]\ngoes = x\n" in found.after


def test_an_option_that_only_another_section_had_stays() -> None:
    found = adopted("[place]\ngoes = mine\n", RELEASES)
    assert "\ngoes = mine\n" in found.after


def test_secrets_are_blotted_out_of_what_is_told_and_kept_in_the_file() -> None:
    found = adopted("[DEFAULT]\npass_before = hunter2\n", RELEASES)
    assert "[place]\npassphrase = hunter2\n" in found.after
    assert not [c for c in found.changes if "hunter2" in f"{c.before}{c.after}{c.because}"]


def one(found: tuple[Change, ...], name: str) -> Change:
    (change,) = [c for c in found if c.name == name]
    return change


def test_an_option_whose_list_could_not_be_read_is_unknown_and_not_removed() -> None:
    old = facts(OLD, nova_31_0_0=[point("options", "nova.conf", option("goes"))])
    new = facts(NEW, nova_33_0_0=[point("options", "nova.conf", problem="ModuleNotFoundError: x")])
    found = adopted("[DEFAULT]\ngoes = x\n", (old, new))
    assert found.after == found.before
    assert one(found.changes, "[DEFAULT] goes").kind.value == "unknown"


def test_an_option_whose_list_is_gone_is_unknown_and_not_removed() -> None:
    old = facts(
        OLD,
        nova_31_0_0=[
            point("options", "nova.conf", option("stays")),
            point("options", "nova.more", option("goes")),
        ],
    )
    new = facts(NEW, nova_33_0_0=[point("options", "nova.conf", option("stays"))])
    found = adopted("[DEFAULT]\ngoes = x\n", (old, new))
    assert kinds(found) == [("unknown", "[DEFAULT] goes")]


def test_a_list_that_is_announced_under_another_name_is_the_same_list() -> None:
    renamed = {**point("options", "oslo.cache", option("stays")), "address": "nova_conf:list_opts"}
    old = facts(OLD, nova_31_0_0=[point("options", "nova.conf", option("stays"), option("goes"))])
    new = facts(NEW, nova_33_0_0=[renamed])
    found = adopted("[DEFAULT]\nstays = x\ngoes = x\n", (old, new))
    assert kinds(found) == [("removed", "[DEFAULT] goes")]


def test_options_of_other_services_are_nobodys_here() -> None:
    old = facts(OLD, cinder_26_0_0=[point("options", "cinder", option("of_cinder"))], nova_31_0_0=[])
    new = facts(NEW, cinder_28_0_0=[point("options", "cinder")], nova_33_0_0=[])
    assert kinds(adopted("[DEFAULT]\nof_cinder = x\n", (old, new))) == [("strange", "[DEFAULT] of_cinder")]


def test_options_of_a_way_to_log_in_belong_to_every_section_that_names_one() -> None:
    way = point("logins", "password", {"section": "", "name": "username", "aliases": [["", "user_name"]]})
    points = [point("options", "nova.conf", option("auth_type", "keystone_authtoken"), option("x", "other"))]
    releases = (
        facts(OLD, nova_31_0_0=points, keystoneauth1_5_0_0=[way]),
        facts(NEW, nova_33_0_0=points, keystoneauth1_6_0_0=[way]),
    )
    found = adopted("[keystone_authtoken]\nuser_name = nova\n[other]\nuser_name = x\n", releases)
    assert found.after == "[keystone_authtoken]\nusername = nova\n[other]\nuser_name = x\n"
    assert kinds(found) == [("renamed", "[keystone_authtoken] user_name"), ("strange", "[other] user_name")]


def test_a_backend_that_the_operator_named_has_the_options_of_every_backend() -> None:
    def cinder(release: str, version: str, *declares: dict[str, object]) -> object:
        return facts(release, **{f"cinder_{version}": [point("options", "cinder", *declares)]})

    old = cinder(
        OLD,
        "26_0_0",
        option("enabled_backends"),
        option("gone", "backend_defaults"),
        option("before", "backend_defaults"),
    )
    new = cinder(
        NEW,
        "28_0_0",
        option("enabled_backends"),
        option("after", "backend_defaults", aliases=[["", "before"]]),
    )
    text = "[DEFAULT]\nenabled_backends = Fast, slow\n[Fast]\ngone = 1\nbefore = 2\n[elsewhere]\ngone = 3\n"
    (found,) = of_service("cinder", {"/etc/cinder/cinder.conf": text}, old, new)  # type: ignore[arg-type]
    assert "\n# gone = 1\nafter = 2\n[elsewhere]\ngone = 3\n" in found.after


def test_a_default_is_no_news_where_any_file_of_the_service_sets_the_option() -> None:
    found = of_service(
        "nova",
        {
            "/etc/nova/nova.conf": "[DEFAULT]\n",
            "/etc/nova/conf.d/a.conf": "[DEFAULT]\nshifts = 1\ndemanded = 1\n",
        },
        *RELEASES,
    )
    assert [c.kind.value for file in found for c in file.changes] == []


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = 1\n", 1), ("[x]\nbare\n", 2), ("[x]\n= 1\n", 2), ("[x\n", 1), ("[]\n", 1), ("[x]\n  y\n", 2)],
)
def test_a_file_that_no_service_would_read_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BadInput, match=f"/etc/nova/nova.conf, line {line}: ") as refused:
        adopted(text, RELEASES)
    assert refused.value.now == "nothing was written"


def test_what_a_hop_asks_for_by_hand_is_done_too() -> None:
    old = facts("2025.1-a", nova_31_0_0=[point("options", "nova.conf")])
    new = facts("2026.1-b", nova_33_0_0=[point("options", "nova.conf")])
    found = adopted("[DEFAULT]\n", (old, new))
    assert found.after == "[DEFAULT]\nmanager_shutdown_timeout = 5\n"
    assert kinds(found) == [("added", "[DEFAULT] manager_shutdown_timeout")]


@given(st.lists(LINES, max_size=14))
def test_the_edits_set_what_the_adopted_file_sets(lines: list[str]) -> None:
    text = "\n".join(["[DEFAULT]", *lines]) + "\n"
    if text_continues_nothing(text):
        return
    found = adopted(text, RELEASES)
    for edit in found.edits:
        text = edit.applied(text)
    assert in_force(text) == in_force(found.after)


def in_force(text: str) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for setting in ini.settings(text):
        found.setdefault(setting.place, []).append(setting.value)
    return {place: values if place[1] == "many" else values[-1:] for place, values in found.items()}
