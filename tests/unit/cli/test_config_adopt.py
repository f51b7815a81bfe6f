"""`liftlock config adopt` as it is typed, on the files that the lab gives its hosts."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from liftlock.errors import BadInput
from liftlock.flow.configuration.adopt import adopt_cloud
from liftlock.knowledge.release_facts import facts_of
from liftlock.lab.cloudware.wishes import wish_for
from liftlock.lab.topology import Role
from liftlock.sim.cloud import SimCloud
from tests.sites import GREEN, sim_site
from tests.unit.cli.terminal import Told
from tests.unit.cli.terminal import typed as typed_in
from tests.unit.lab.labs import lab_in

OPTIONS = ("nova/nova.conf", "neutron/neutron.conf", "neutron/plugins/ml2/ml2_conf.ini", "cinder/cinder.conf")


@pytest.fixture(scope="module")
def lab_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the lab gives its controller at 2025.1."""
    lab = lab_in(tmp_path_factory.mktemp("lab"))
    folder = tmp_path_factory.mktemp("ctl")
    for file in wish_for(lab, lab.topology.having(Role.CONTROL)[0]).files:
        if file.path.startswith("/etc/"):
            path = folder / file.path.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.content)
    return folder


def typed(*words: str) -> Told:
    return typed_in(words, Path("/"))


def small(folder: Path, text: str = "[DEFAULT]\n", name: str = "nova/nova.conf") -> Path:
    path = folder / "files" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder / "files"


def test_the_labs_files_leave_nothing_to_be_decided_and_are_written_for_their_owner_alone(
    lab_files: Path, tmp_path: Path
) -> None:
    output = tmp_path / "adopted"
    told = typed(
        "config", "adopt", "--from-dir", str(lab_files), "--to", "2026.1", "-o", str(output), "-f", "json"
    )
    assert told.code == 0, told.err
    kinds = {row["Kind"] for row in json.loads(told.out)}
    assert not kinds & {"required", "invalid", "unknown"}
    for name in OPTIONS:
        assert (output / "etc" / name).is_file()
        assert (output / "etc" / name).stat().st_mode & stat.S_IRWXO == 0
    assert "\n# auth_strategy = keystone\n" in (output / "etc/nova/nova.conf").read_text()
    assert "\n-auth_strategy = keystone\n" in (output / "diffs/etc/nova/nova.conf.diff").read_text()
    assert "hunter" not in (output / "changes.json").read_text()


def test_the_labs_files_once_adopted_stay_as_they_are(lab_files: Path, tmp_path: Path) -> None:
    for source, output in ((lab_files, tmp_path / "once"), (tmp_path / "once", tmp_path / "again")):
        told = typed("config", "adopt", "--from-dir", str(source), "--to", "2026.1", "-o", str(output))
        assert told.code == 0, told.err
    for name in OPTIONS:
        assert (tmp_path / "again/etc" / name).read_text() == (tmp_path / "once/etc" / name).read_text()
    assert not (tmp_path / "again/diffs").exists()


def test_without_an_output_nothing_is_written(tmp_path: Path) -> None:
    folder = small(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert typed("config", "adopt", "--from-dir", str(folder), "--to", "2026.1").code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_other_files_are_named_and_left(tmp_path: Path) -> None:
    small(tmp_path, "port=0\nno-resolv\n", "neutron/dnsmasq-neutron.conf")
    small(tmp_path, "[composite:x]\nuse = call\n", "nova/api-paste.ini")
    told = typed("config", "adopt", "--from-dir", str(small(tmp_path)), "--to", "2026.1")
    assert told.code == 0
    assert "/etc/neutron/dnsmasq-neutron.conf, /etc/nova/api-paste.ini" in told.err


WRONG = {
    "a folder that is not there": ("none", "2026.1", "is no folder"),
    "a folder without configuration": ("empty", "2026.1", "holds no configuration"),
    "a series nobody knows": ("files", "2031.1", "does not know the series"),
    "a broken file": ("broken", "2026.1", "/etc/nova/nova.conf, line 2"),
    "a file that is no text": ("binary", "2026.1", "is no text"),
    "a file that cannot be read": ("dangling", "2026.1", "cannot be read"),
    "a policy that is none": ("policy", "2026.1", "/etc/nova/policy.yaml, line 1"),
    "an output that is there": ("files", "2026.1", "is there already"),
}


@pytest.mark.parametrize(("folder", "series", "what"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_three_parts_and_nothing_is_written(
    tmp_path: Path, folder: str, series: str, what: str
) -> None:
    small(tmp_path)
    (tmp_path / "empty").mkdir()
    for name, content in (("broken", b"[DEFAULT]\nbare\n"), ("binary", b"[DEFAULT]\nx = \xff\xfe\n")):
        (tmp_path / name / "nova").mkdir(parents=True)
        (tmp_path / name / "nova/nova.conf").write_bytes(content)
    (tmp_path / "dangling/nova").mkdir(parents=True)
    (tmp_path / "dangling/nova/nova.conf").symlink_to("/no/such/file")
    (tmp_path / "policy/nova").mkdir(parents=True)
    (tmp_path / "policy/nova/policy.yaml").write_text("- a list\n")
    output = tmp_path / ("files" if "there already" in what else "adopted")
    before = sorted(tmp_path.rglob("*"))
    words = ("config", "adopt", "--from-dir", str(tmp_path / folder), "--to", series, "-o", str(output))
    told = typed(*words)
    assert told.code == BadInput.exit_code
    assert what in told.err
    assert told.in_three_parts, told.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_series_that_comes_before_is_refused(tmp_path: Path) -> None:
    folder = str(small(tmp_path))
    told = typed("config", "adopt", "--from-dir", folder, "--from", "2026.1", "--to", "2025.1")
    assert (told.code, "does not come after" in told.err) == (BadInput.exit_code, True)


def test_a_clouds_own_files_are_adopted_host_by_host_and_nothing_on_it_changes(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    cloud.hosts["ctl-blue"].files["/etc/nova/nova.conf"] = "[DEFAULT]\n"
    found = {a.host: a for a in adopt_cloud(sim_site(tmp_path, cloud, GREEN), "2026.1")}
    assert set(found) == {"ctl-blue", "cmp1", "cmp2"}
    (nova,) = [file for file in found["ctl-blue"].files if file.path == "/etc/nova/nova.conf"]
    assert nova.after == "[DEFAULT]\nmanager_shutdown_timeout = 5\n"
    assert cloud.hosts["ctl-blue"].files["/etc/nova/nova.conf"] == "[DEFAULT]\n"
    shipped = facts_of("2026.1").release
    assert any(f"judged by the options of {shipped}" in remark for remark in found["ctl-blue"].remarks)
