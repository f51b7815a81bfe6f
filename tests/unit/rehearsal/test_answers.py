"""What lists of the new release are held against, and what a plan says of its answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.knowledge.catalogue import services
from liftlock.plan.plain import decode, encode
from liftlock.ports.scratch import Held
from liftlock.rehearsal.target.answers import Answers, Listed, Made, Moment, Started, compared
from liftlock.rehearsal.target.role import ListCall, Place, ini, kind_of, roles

SERVERS = ListCall("openstack server list", ("/servers",), "servers", kind_of("nova", "server"))
ROWS = [Held("1", "web", "p", ()), Held("2", "db", "p", ())]
ITEMS = [{"id": "1", "name": "web"}, {"id": "2", "name": "db"}]

SOUND = Answers(
    "nova",
    (Started("nova-api", 3.0), Started("nova-scheduler", 3.0)),
    (
        Listed("openstack server list", Moment.SERVES, 310, 310),
        Listed("openstack flavor list", Moment.SERVES, 2, 2),
        Listed("openstack server list", Moment.FINALIZED, 310, 310),
    ),
    tuple(Made(kind, moment) for moment in Moment for kind in ("flavor", "keypair", "server")),
)


def test_a_list_that_tells_every_row_under_its_name_is_sound() -> None:
    found = compared(SERVERS, Moment.SERVES, ROWS, (), ITEMS)
    assert (found.rows, found.there, found.wrong, found.sound) == (2, 2, (), True)


@pytest.mark.parametrize(
    ("items", "there", "wrong"),
    [
        (ITEMS[:1], 1, "db (2) is missing"),
        ([*ITEMS, {"id": "3", "name": "ghost"}], 2, "ghost (3) is none of production's"),
        ([ITEMS[0], {"id": "2", "name": "DB"}], 1, "2 is called 'DB', not 'db'"),
        ([ITEMS[0], {"id": "2", "name": None}], 1, "2 is called '', not 'db'"),
        ([], 0, "web (1) is missing"),
    ],
)
def test_a_list_that_tells_something_else_is_not(items: list[dict[str, str]], there: int, wrong: str) -> None:
    found = compared(SERVERS, Moment.SERVES, ROWS, (), items)
    assert (found.there, found.wrong[0], found.sound) == (there, wrong, False)


def test_what_the_rehearsal_put_there_itself_is_neither_missed_nor_strange() -> None:
    own = replace(SERVERS, own=lambda item: item["host"] == "ours")
    ours = [{"id": "8", "name": "made", "host": "theirs"}, {"id": "9", "name": "reports", "host": "ours"}]
    theirs = [{**item, "host": "theirs"} for item in ITEMS]
    assert compared(own, Moment.SERVES, ROWS, {"8"}, [*theirs, *ours]).sound
    assert not compared(own, Moment.SERVES, ROWS, (), [*theirs, *ours]).sound


@pytest.mark.parametrize("key", ["project_id", "tenant_id", "owner"])
def test_what_a_service_makes_for_the_rehearsals_own_project_is_its_own(key: str) -> None:
    """neutron makes a security group `default` for whoever asks for theirs first (28.0)."""
    items = [*ITEMS, {"id": "3", "name": "default", key: "ours"}]
    assert compared(SERVERS, Moment.SERVES, ROWS, (), items, project="ours").sound
    assert not compared(SERVERS, Moment.SERVES, ROWS, (), items, project="another").sound
    assert not compared(SERVERS, Moment.SERVES, ROWS, (), items).sound


def test_a_list_without_rows_to_compare_it_with_only_has_to_be_there() -> None:
    assert compared(replace(SERVERS, kind=None), Moment.SERVES, (), (), ITEMS).sound
    assert not compared(SERVERS, Moment.SERVES, (), (), ITEMS).sound


def test_ids_that_are_numbers_are_the_rows_numbers() -> None:
    assert compared(SERVERS, Moment.SERVES, ROWS[:1], (), [{"id": 1, "name": "web"}]).sound


def test_a_plan_says_what_was_found_sound() -> None:
    assert SOUND.problems() == ()
    assert SOUND.sentence() == (
        "nova on the restored copies: started, 312 of 312 objects listed, flavor, keypair and server made, shown "
        "and deleted, the same after finalize"
    )


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (
            replace(SOUND, started=(Started("nova-api", 3.0, "has ended with 1: ImportError: no"),)),
            "nova-api has ended with 1: ImportError: no",
        ),
        (
            replace(
                SOUND, listed=(Listed("openstack server list", Moment.FINALIZED, 2, 0, problem="500: x"),)
            ),
            "after finalize, `openstack server list` fails: 500: x",
        ),
        (
            replace(
                SOUND,
                listed=(Listed("openstack server list", Moment.SERVES, 9, 2, tuple("abcdefg")),),
            ),
            "`openstack server list` tells 2 of 9 objects of production: a; b; c; d; e; and 2 more",
        ),
        (
            replace(SOUND, made=(Made("server", Moment.SERVES, "cannot be made and shown: it is ERROR"),)),
            "as the new release begins to serve, a server cannot be made and shown: it is ERROR",
        ),
    ],
)
def test_a_plan_says_what_failed(told: Answers, words: str) -> None:
    assert len(told.problems()) == 1
    assert words in told.problems()[0]
    assert told.sentence() == f"nova on the restored copies: the new release fails: {told.problems()[0]}"


def test_of_several_failures_a_plan_says_the_first_and_how_many_more() -> None:
    broken = Started("nova-api", 0.0, "cannot be started: there is none")
    told = replace(SOUND, started=(broken, replace(broken, program="nova-conductor")))
    assert told.sentence().endswith("cannot be started: there is none (and 1 more in the rehearsal's file)")


def test_what_was_not_started_is_no_failure_and_said() -> None:
    told = Answers("tiny", left_out="liftlock does not know how to run it")
    assert told.problems() == ()
    assert told.sentence() == "tiny on the restored copies: not started, liftlock does not know how to run it"


def test_answers_are_kept_and_read_again() -> None:
    assert decode(Answers, encode(SOUND), "answers", {}) == SOUND


@pytest.mark.parametrize("name", [name for name, service in services().items() if service.databases])
def test_every_service_with_databases_is_played_and_asked(name: str) -> None:
    role = roles()[name]
    assert role.calls
    assert role.trials
    made = [trial.kind for one in roles().values() for trial in one.trials]
    assert len(set(made)) == len(made), "ids are known by kind"
    assert {need for trial in role.trials for need in trial.needs} <= set(made)


@pytest.mark.parametrize("name", list(roles()))
def test_what_a_service_is_told_names_nothing_but_the_loopback_and_its_folder(name: str) -> None:
    addresses = {
        d: f"mysql+pymysql://root@localhost/{d}?unix_socket=/t/sock" for d in services()[name].databases
    }
    text = ini(roles()[name].settings(Place("/t/place", "/t/release", addresses, "pa$$word")))
    for line in text.splitlines():
        value = line.partition(" = ")[2]
        if "://" in value:
            assert "127.0.0.1" in value or "unix_socket=/t/sock" in value or value.startswith("file:///t/"), (
                line
            )
        elif value.startswith("/"):
            assert value.startswith(("/t/place", "/t/release")), line
    assert all(address in text for address in addresses.values() if "cell0" not in address)


def test_the_seeds_eight_lists_are_asked_for() -> None:
    asked = {call.words for role in roles().values() for call in role.calls}
    names = ("service", "image", "flavor", "compute service", "server", "network", "volume")
    assert {f"openstack {name} list" for name in (*names, "orchestration service")} <= asked


def test_a_dollar_in_a_value_is_no_beginning_of_another_option() -> None:
    assert ini({"a": {"password": "pa$$word"}}) == "[a]\npassword = pa$$$$word\n"
