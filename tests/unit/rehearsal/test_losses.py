"""What a restore would lose: judged from two sides of made-up objects, and told."""

from __future__ import annotations

import json
from pathlib import Path

from liftlock.cli.pages.losses import summary, whole
from liftlock.flow.way_back.losses import keep
from liftlock.knowledge.kinds import Kind
from liftlock.ports.scratch import Altered, Held, Kept
from liftlock.rehearsal.losses import Fate, Loss, Losses, OtherRows, losses_of, other_rows
from liftlock.rehearsal.strays import Astray, Placed, strays

SERVER = Kind("server", ("nova",), "instances")


def held(identity: str, *facets: str | None) -> Held:
    return Held(identity, f"name of {identity}", "p1", facets)


def judged(before: list[Held], after: list[Held]) -> list[tuple[str, str, tuple[str, ...]]]:
    kept = Kept(("name", "tags", "tags"), before, after)
    return [(str(x.fate), x.id, x.facets) for x in losses_of(SERVER, kept)]


def test_objects_are_paired_by_id_whatever_comes_between() -> None:
    before = [held("a", "x", None, "1"), held("c", "x", None, "1"), held("d", "x", "t", "1")]
    after = [held("b", "x", None, "1"), held("c", "x", None, "1"), held("d", "y", None, "2"), held("é")]
    assert judged(before, after) == [
        ("deleted", "a", ()),
        ("made", "b", ()),
        ("changed", "d", ("name", "tags")),
        ("made", "é", ()),
    ]


def test_nothing_on_both_sides_is_nothing() -> None:
    assert judged([], []) == []
    assert judged([held("a", "x")], [held("a", "x")]) == []


def test_rows_of_a_table_without_objects_are_counted_once() -> None:
    seen = [
        Altered("services", "report_count", 3, 9),
        Altered("services", "version", 1, 9),
        Altered("services", "", -2, 9),
        Altered("services", "", 1, 9),
    ]
    assert list(other_rows("nova", seen)) == [OtherRows("nova.services", made=2, changed=3, deleted=1)]


def placed(identity: str, host: str, **more: str) -> Placed:
    return Placed(identity, f"vm-{identity}", "p1", host, **more)


def test_an_instance_made_since_is_unknown_and_can_be_kept_adopted_or_removed() -> None:
    now = {"u1": placed("u1", "cmp1", flavor="m1.small")}
    (found,) = strays({}, now, {"cmp1": "QEMU"})
    assert (found.why, found.host) == (Astray.UNKNOWN, "cmp1")
    assert any("server image create" in c and "u1" in c for c in found.keep_first)
    assert any("image create" in c for c in found.adopt)
    assert any("server create --flavor m1.small" in c for c in found.adopt)
    assert found.remove == (
        "ssh cmp1 'virsh destroy u1; virsh undefine --nvram u1; rm -r /var/lib/nova/instances/u1'",
    )


def test_one_that_boots_from_a_volume_is_adopted_with_its_volume() -> None:
    now = {"u1": placed("u1", "cmp1", root_volume="v1", volume_host="ctl@lvm#lvm")}
    (found,) = strays({}, now, {"cmp1": "QEMU"})
    assert found.keep_first == ()
    assert "source-name=volume-v1" in found.adopt[0]
    assert "--host 'ctl@lvm#lvm'" in found.adopt[0]
    assert "/var/lib/nova/instances" not in found.remove[0]


def test_with_the_fake_driver_nothing_runs_that_virsh_could_end() -> None:
    (found,) = strays({}, {"u1": placed("u1", "cmp1")}, {"cmp1": "fake"})
    assert found.remove == ("ssh cmp1 systemctl restart nova-compute",)


def test_one_that_moved_is_told_where_it_is_and_one_that_was_deleted_is_a_record_only() -> None:
    before = {n: placed(n, "cmp1") for n in ("stays", "moved", "gone")} | {"never": placed("never", "")}
    now = {"stays": placed("stays", "cmp1"), "moved": placed("moved", "cmp2", node="cmp2.example")}
    found = {s.id: s for s in strays(before, now, {"cmp2": "QEMU"}, cell="nova_x", by_compute_id=True)}
    assert set(found) == {"moved", "gone"}
    assert found["moved"].why is Astray.MOVED
    assert found["moved"].adopt[0].startswith("mariadb nova_x -e ")
    assert "compute_id = (SELECT" in found["moved"].adopt[0]
    assert "cmp2.example" in found["moved"].adopt[0]
    assert found["gone"].why is Astray.GONE
    assert found["gone"].remove == ("openstack server delete gone",)


def test_one_that_was_still_nowhere_or_is_nowhere_any_more_is_believed_wrongly_too() -> None:
    before = {
        "built": placed("built", ""),
        "shelved": placed("shelved", "cmp1"),
        "waits": placed("waits", ""),
    }
    now = {"built": placed("built", "cmp1"), "shelved": placed("shelved", ""), "waits": placed("waits", "")}
    assert {s.id: s.why for s in strays(before, now, {})} == {
        "built": Astray.MOVED,
        "shelved": Astray.GONE,
    }


def losses(number: int) -> Losses:
    found = [Loss(Fate.MADE, "server", f"id-{n}", f"web-{n}", "p1") for n in range(number)]
    found += [Loss(Fate.CHANGED, "user", "u1", "anna", "", ("password",))] if number else []
    unknown = strays({}, {f"id-{n}": placed(f"id-{n}", "cmp1") for n in range(number)}, {})
    others = (OtherRows("nova.services", changed=2),)
    return Losses("lab", "b1", 0.0, tuple(found), tuple(unknown), others, (), {"p1": "harbour"})


def test_a_screen_holds_the_page_however_much_is_lost_and_the_file_holds_all() -> None:
    assert len(summary(losses(5000))) < 100
    assert "5001 objects since: 5000 made, 1 changed, 0 deleted" in summary(losses(5000))[0]
    page = "\n".join(whole(losses(5000)))
    assert "harbour  server web-4999 (id-4999) made" in page
    assert "(no project)  user anna (u1) changed: password" in page
    assert "nova.services: 0 made, 2 changed, 0 deleted" in page


def test_that_nothing_is_lost_is_said() -> None:
    assert summary(losses(0))[0] == "Putting b1 back would lose no object: nothing was written since"


def test_what_could_not_be_compared_is_said_on_the_screen() -> None:
    blind = Losses("lab", "b1", 0.0, unread=("server: nova.instances cannot be read: no",))
    assert any("NOT COMPARED" in line for line in summary(blind))
    assert "nothing was written since" not in summary(blind)[0]


def test_the_kept_list_can_be_read_back_and_by_its_owner_only(tmp_path: Path) -> None:
    file, digest = keep(losses(2), tmp_path / "losses", "b1-before", "text\n")
    document = json.loads(file.with_suffix(".json").read_text())
    assert [loss["name"] for loss in document["losses"]] == ["web-0", "web-1", "anna"]
    assert document["strays"][0]["remove"]
    assert len(digest) == 64
    assert file.stat().st_mode & 0o077 == 0
