from __future__ import annotations

from liftlock.knowledge.hop import Edit, Move
from liftlock.sim.cloud import SimCloud
from liftlock.steps.configuration import RewriteConfiguration, RewriteGreen

HOST, PATH = "ctl-blue", "/etc/nova/nova.conf"
TEXT = "[DEFAULT]\n# words\nbefore = secret\nshared = 1\ngone = 2\n\n[place]\nthere = 3\n"
EDITS = (
    Move(PATH, "DEFAULT", "shared", "place", "shared_too", True, "a test"),
    Move(PATH, "DEFAULT", "before", "place", "after", False, "a test"),
    Edit(PATH, "DEFAULT", "gone", None, "a test"),
    Edit(PATH, "place", "there", "4", "a test"),
)
STEP = RewriteConfiguration(HOST, EDITS, (None, None, "2", "3"))


def cloud() -> SimCloud:
    made = SimCloud.tiny()
    made.hosts[HOST].files[PATH] = TEXT
    return made


def test_it_is_done_when_every_option_is_where_it_should_be_and_not_before() -> None:
    world = cloud()
    for count in range(len(EDITS)):
        assert not STEP.done(world.hands, None)
        world.hands.configuration.edit(HOST, EDITS[: count + 1])
    assert STEP.done(world.hands, None)


def test_done_twice_is_done_once() -> None:
    world = cloud()
    STEP.execute(world.hands)
    once = world.hosts[HOST].files[PATH]
    STEP.execute(world.hands)
    assert world.hosts[HOST].files[PATH] == once


def test_undone_every_option_has_its_value_in_its_place() -> None:
    world = cloud()
    STEP.execute(world.hands)
    STEP.revert(world.hands)
    here = world.hands.configuration
    assert here.value(HOST, PATH, "DEFAULT", "before") == "secret"
    assert here.value(HOST, PATH, "DEFAULT", "shared") == "1"
    assert here.value(HOST, PATH, "DEFAULT", "gone") == "2"
    assert here.value(HOST, PATH, "place", "there") == "3"
    assert here.value(HOST, PATH, "place", "after") is None
    assert here.value(HOST, PATH, "place", "shared_too") is None


def test_the_title_says_what_is_moved_and_no_value_of_it() -> None:
    title = RewriteGreen(HOST, EDITS, (None,) * 4).title
    assert "[DEFAULT] before as [place] after" in title
    assert "[DEFAULT] shared also as [place] shared_too" in title
    assert "[DEFAULT] gone removed" in title
    assert "secret" not in title
