"""What is read from released files, on small releases that were made up."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from liftlock.knowledge.derivation import Reading, derivations, from_json, to_json
from liftlock.knowledge.fact import Change, Turn


def changes(topic: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """What the derivation finds between two releases, by way of what would be kept."""
    derivation = derivations()[topic]
    readings = [from_json(to_json(derivation.ask(texts))) for texts in (before, after)]
    assert [r.unread for r in readings] == ["", ""]
    return list(derivation.compare(readings[0].records, readings[1].records))


def test_notes_of_the_newer_release_are_told_by_section_those_that_call_for_action_first() -> None:
    old = {"releasenotes/notes/a-1111.yaml": "fixes: [old]"}
    new = {
        **old,
        "releasenotes/notes/b-1111.yaml": "features:\n  - a crane\nupgrade:\n  - lower the bridge\n  - twice\n",
        "releasenotes/notes/.placeholder": "",
        "releasenotes/source/b.rst": "no note",
    }
    assert changes("notes", old, new) == [
        Change(Turn.NEW, "b-1111.yaml", "lower the bridge", "upgrade"),
        Change(Turn.NEW, "b-1111.yaml", "twice", "upgrade"),
        Change(Turn.NEW, "b-1111.yaml", "a crane", "features"),
    ]


@pytest.mark.parametrize(
    ("section", "means"), [("upgrades", "upgrade"), ("bugfixes", "fixes"), ("known_issues", "issues")]
)
def test_sections_that_reno_drops_for_a_misspelt_name_are_told_all_the_same(section: str, means: str) -> None:
    new = {"releasenotes/notes/a.yaml": f"{section}: [mind the gate]"}
    assert changes("notes", {}, new) == [Change(Turn.NEW, "a.yaml", "mind the gate", means)]


def test_a_note_that_only_the_older_release_has_is_a_fix_that_may_be_missing() -> None:
    old = {"releasenotes/notes/a.yaml": "fixes: [the leak]"}
    assert changes("notes", old, {}) == [Change(Turn.GONE, "a.yaml", "the leak", "only in the older release")]


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("upgrade: one text, no list", "one text, no list"),
        ("upgrade: [{a: b}]", "a: b"),
        ("upgrade: [, oops", "upgrade: [, oops"),
        ("- a list", "- a list"),
    ],
)
def test_a_note_that_is_written_wrongly_is_told_and_not_lost(note: str, text: str) -> None:
    found = changes("notes", {}, {"releasenotes/notes/a.yaml": note})
    assert [change.text for change in found] == [text]


def test_programs_drivers_and_scripts_that_come_and_go_are_told_by_group() -> None:
    old = "[console_scripts]\nbarge-api = barge:api\nbarge = barge:main\n[barge.drivers]\nSail = barge:Sail\n"
    new = "[console_scripts]\nbarge = barge.elsewhere:main\n[barge.drivers]\nDiesel = barge:Diesel\n"
    before = {
        "barge-1.dist-info/entry_points.txt": old,
        "barge-1.data/scripts/barge-wsgi": "#!python",
    }
    assert changes("entry_points", before, {"barge-2.dist-info/entry_points.txt": new}) == [
        Change(Turn.GONE, "Sail", "barge:Sail", "barge.drivers"),
        Change(Turn.GONE, "barge-api", "barge:api", "console_scripts"),
        Change(Turn.GONE, "barge-wsgi", "", "scripts"),
        Change(Turn.NEW, "Diesel", "barge:Diesel", "barge.drivers"),
    ]


def test_the_oldest_python_is_told_whether_it_changes_or_stays() -> None:
    def needs(version: str) -> dict[str, str]:
        return {"barge-1.dist-info/METADATA": f"Name: barge\nRequires-Python: {version}\n\nwords\n"}

    assert changes("python", needs(">=3.9"), needs(">=3.11")) == [
        Change(Turn.CHANGED, "python", ">=3.9 → >=3.11")
    ]
    assert changes("python", needs(">=3.9"), needs(">=3.9")) == [Change(Turn.STAYS, "python", ">=3.9")]


LIBVIRT = "nova/virt/libvirt/driver.py"


def test_the_oldest_libvirt_and_those_announced_are_read_from_the_drivers_constants() -> None:
    old = "MIN_LIBVIRT_VERSION = (7, 0, 0)\nNEXT_MIN_LIBVIRT_VERSION = (8, 0, 0)\nMIN_QEMU_VERSION = (5, 2, 0)\n"
    new = "MIN_LIBVIRT_VERSION = (8, 0, 0)\nNEXT_MIN_LIBVIRT_VERSION = (10, 0, 0)\nMIN_QEMU_VERSION = (5, 2, 0)\n"
    assert set(changes("minimums", {LIBVIRT: old}, {LIBVIRT: new})) == {
        Change(Turn.CHANGED, "libvirt", "7.0.0 → 8.0.0"),
        Change(Turn.CHANGED, "libvirt, announced", "8.0.0 → 10.0.0"),
        Change(Turn.STAYS, "QEMU", "5.2.0"),
    }


def test_upgrade_checks_are_read_from_lists_and_from_what_get_checks_returns() -> None:
    old = "class Checks:\n    _upgrade_checks = ((_('Hull'), check_hull), ('Anchor', (check, {'conf': CONF})))\n"
    new = "class Checks:\n    def get_checks(self):\n        return [(_('Hull'), self.hull), ('Mast', self.mast)]\n"
    assert changes("upgrade_checks", {"barge/cmd/status.py": old}, {"barge/cmd/checks/checks.py": new}) == [
        Change(Turn.GONE, "Anchor"),
        Change(Turn.NEW, "Mast"),
        Change(Turn.STAYS, "Hull"),
    ]


@pytest.mark.parametrize("indent", ["", "    "])
def test_online_migrations_are_read_from_a_module_or_a_class(indent: str) -> None:
    def listed(*names: str) -> dict[str, str]:
        top = "class DbCommands:\n" if indent else ""
        return {"barge/cmd/manage.py": f"{top}{indent}online_migrations = ({', '.join(names)},)\n"}

    assert changes("online_migrations", listed("db.caulk", "hull.tar"), listed("hull.tar", "db.paint")) == [
        Change(Turn.GONE, "caulk", "db.caulk"),
        Change(Turn.NEW, "paint", "db.paint"),
        Change(Turn.STAYS, "tar", "hull.tar"),
    ]


def test_versions_on_the_bus_are_read_from_targets_and_constants() -> None:
    def interfaces(target: str, constant: str) -> dict[str, str]:
        return {
            "barge/manager.py": f"class Crew:\n    target = messaging.Target(version='{target}')\n",
            "barge/rpcapi.py": f"class Api:\n    RPC_API_VERSION = '{constant}'\n",
            "barge/other.py": "class Other:\n    RPC_API_VERSION = rpcapi.Api.RPC_API_VERSION\n",
            "barge/tests/x.py": "class Fake:\n    RPC_API_VERSION = '9'\n",
        }

    assert changes("rpc", interfaces("1.0", "3.1"), interfaces("1.1", "3.1")) == [
        Change(Turn.CHANGED, "barge.manager.Crew", "1.0 → 1.1")
    ]


def nova(writes: int, oldest: str, caps: list[str]) -> dict[str, str]:
    history = ", ".join(f"{{'compute_rpc': '{cap}'}}" for cap in caps)
    return {
        "nova/objects/service.py": f"SERVICE_VERSION = {writes}\n"
        f"SERVICE_VERSION_HISTORY = ({history},)\n"
        f"OLDEST_SUPPORTED_SERVICE_VERSION = {oldest!r}\n"
        "SERVICE_VERSION_ALIASES = {'Ash': 1, 'Birch': 2}\n"
    }


def test_nova_says_what_it_writes_what_it_refuses_and_what_it_speaks_with_the_older_one() -> None:
    old, new = nova(1, "Ash", ["1.0", "1.9"]), nova(3, "Birch", ["1.0", "1.1", "1.2", "2.0"])
    spoken = "while a nova-compute writes 1, `[upgrade_levels] compute = auto` speaks RPC 1.1; own is 2.0"
    assert changes("service_versions", old, new) == [
        Change(Turn.CHANGED, "refuses below", "1 → 2"),
        Change(Turn.CHANGED, "service version", "1 → 3"),
        Change(Turn.CHANGED, "compute RPC under auto", spoken),
    ]


def test_cinder_says_the_version_of_its_objects() -> None:
    def objects(*versions: str) -> dict[str, str]:
        added = "".join(f"OBJ_VERSIONS.add('{v}', {{}})\n" for v in versions)
        return {"cinder/objects/base.py": f"OBJ_VERSIONS = History()\n{added}"}

    assert changes("service_versions", objects("1.38"), objects("1.38", "1.39")) == [
        Change(Turn.CHANGED, "object version", "1.38 → 1.39")
    ]


def test_filters_and_drivers_that_are_named_by_class_are_told() -> None:
    before = {
        "nova/scheduler/filters/tide.py": "class TideFilter(filters.BaseHostFilter): pass\nclass Tool: pass\n",
        "cinder/volume/drivers/raft.py": "@interface.volumedriver\nclass RaftDriver(driver.ISCSIDriver): pass\n",
    }
    after = {"cinder/volume/drivers/raft.py": "class RaftDriver(driver.ISCSIDriver): pass\n"}
    assert changes("drivers", before, after) == [
        Change(Turn.GONE, "cinder.volume.drivers.raft.RaftDriver", "", "volume driver"),
        Change(Turn.GONE, "nova.scheduler.filters.tide.TideFilter", "", "scheduler filter"),
    ]


@pytest.mark.parametrize("topic", [t for t, d in derivations().items() if t not in ("notes", "python")])
def test_a_source_that_cannot_be_parsed_makes_the_topic_unknown_and_no_crash(topic: str) -> None:
    paths = ("nova/objects/service.py", LIBVIRT, "nova/scheduler/filters/x.py", "barge/cmd/manage.py")
    texts = dict.fromkeys(
        [*paths, "barge/cmd/status.py", "barge/rpcapi.py", "barge/migrations/versions/x.py"],
        "RPC_API_VERSION Filter print 'python 2'",
    )
    texts["barge-1.dist-info/entry_points.txt"] = "no list"
    reading = derivations()[topic].ask(texts)
    assert reading.unread
    assert reading.records == {}


def test_metadata_that_says_nothing_of_python_makes_it_unknown() -> None:
    assert derivations()["python"].ask({"barge-1.dist-info/METADATA": "Name: barge"}).unread


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"records": {}}', "null"])
def test_what_is_no_kept_reading_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(text)


@pytest.mark.parametrize("topic", derivations())
def test_every_derivation_finds_nothing_in_nothing_and_says_so(topic: str) -> None:
    derivation = derivations()[topic]
    reading = derivation.ask({})
    assert reading == Reading() or reading.unread
    assert list(derivation.compare({}, {})) == []
