"""What every `Configuration` promises, over the simulator and over real files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from liftlock.drivers.configurations.files import ConfigurationFiles
from liftlock.errors import StepFailed, Unreachable
from liftlock.knowledge.hop import Edit, Move
from liftlock.ports.configuration import Configuration
from liftlock.sim.cloud import SimCloud
from liftlock.sim.faults import Fault, Kind
from tests.unit.drivers.local_shell import LocalShell

HOST = "ctl-blue"


@dataclass
class Place:
    """A host whose configuration can be looked at behind the port's back."""

    port: Configuration
    nova: str
    """A directory with `nova.conf` in it."""
    read: Callable[[str], str | None]
    write: Callable[[str, str], None]
    cut_off: Callable[[], None]

    @property
    def file(self) -> str:
        return f"{self.nova}/nova.conf"

    def edit(self, option: str, value: str | None, section: str = "DEFAULT", file: str = "") -> Edit:
        return Edit(file or self.file, section, option, value, "a test")


TEXT = "[DEFAULT]\n# kept by the operator\nhost = here\n\n[database]\nconnection = somewhere\n"


def over_sim() -> Place:
    cloud = SimCloud.tiny()
    host = cloud.hosts[HOST]
    host.files["/etc/nova/nova.conf"] = TEXT
    return Place(
        cloud.hands.configuration,
        "/etc/nova",
        lambda path: host.files.get(path),  # noqa: PLW0108  the dictionary is replaced
        lambda path, text: host.files.update({path: text}),
        lambda: cloud.break_down(Fault(Kind.HOST_UNREACHABLE, HOST)),
    )


def over_files(folder: Path) -> Place:
    shell = LocalShell()
    nova = folder / "etc" / "nova"
    nova.mkdir(parents=True)
    (nova / "nova.conf").write_text(TEXT)

    def read(path: str) -> str | None:
        return Path(path).read_text() if Path(path).is_file() else None

    def write(path: str, text: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)

    port = ConfigurationFiles(shell, folder / "backups")
    return Place(port, str(nova), read, write, lambda: shell.away.add(HOST))


@pytest.fixture(params=["sim", "files"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "files" and os.getuid() != 0:
        pytest.skip("owners can only be set by root")
    return over_sim() if request.param == "sim" else over_files(tmp_path)


def test_the_same_content_has_the_same_hash_and_other_content_another(place: Place) -> None:
    first = place.port.hashes(HOST, [place.nova])
    assert place.port.hashes(HOST, [place.nova]) == first
    place.write(f"{place.nova}/policy.yaml", "x: y\n")
    assert place.port.hashes(HOST, [place.nova]) != first


def test_a_directory_that_is_not_there_has_no_hash(place: Place) -> None:
    assert list(place.port.hashes(HOST, [place.nova, "/etc/no-such-service"])) == [place.nova]


def test_a_value_is_what_was_set_and_none_where_nothing_is(place: Place) -> None:
    assert place.port.value(HOST, place.file, "DEFAULT", "host") == "here"
    assert place.port.value(HOST, place.file, "database", "host") is None
    assert place.port.value(HOST, f"{place.nova}/no-such-file.conf", "DEFAULT", "host") is None


def test_texts_are_those_of_every_file_below_the_directories(place: Place) -> None:
    place.write(f"{place.nova}/conf.d/more.conf", "[api]\n# größer\n")
    assert place.port.texts(HOST, [place.nova, "/etc/no-such-service"]) == {
        place.file: TEXT,
        f"{place.nova}/conf.d/more.conf": "[api]\n# größer\n",
    }


def test_an_edit_changes_its_option_and_leaves_every_other_line(place: Place) -> None:
    place.port.edit(HOST, [place.edit("host", "there"), place.edit("debug", "true", "api")])
    assert place.port.value(HOST, place.file, "DEFAULT", "host") == "there"
    assert place.port.value(HOST, place.file, "api", "debug") == "true"
    assert place.read(place.file) == TEXT.replace("= here", "= there") + "\n[api]\ndebug = true\n"


@pytest.mark.parametrize(
    ("section", "keep"), [("DEFAULT", False), ("api", False), ("api", True), ("DEFAULT", True)]
)
def test_an_option_is_moved_with_its_value_however_often(place: Place, section: str, keep: bool) -> None:
    move = Move(place.file, "DEFAULT", "host", section, "name", keep, "a test")
    for _ in range(2):
        place.port.edit(HOST, [move])
        assert place.port.value(HOST, place.file, section, "name") == "here"
        assert place.port.value(HOST, place.file, "DEFAULT", "host") == ("here" if keep else None)
        assert (place.read(place.file) or "").count("= here") == 1 + keep


def test_moving_an_option_of_a_file_that_is_not_there_changes_nothing(place: Place) -> None:
    before = place.port.hashes(HOST, [place.nova])
    file = f"{place.nova}/no-such-file.conf"
    with contextlib.suppress(StepFailed):
        place.port.edit(HOST, [Move(file, "DEFAULT", "host", "api", "name", False, "a test")])
    assert place.port.hashes(HOST, [place.nova]) == before


def test_an_edit_that_changes_nothing_leaves_the_hash(place: Place) -> None:
    before = place.port.hashes(HOST, [place.nova])
    place.port.edit(HOST, [place.edit("host", "here"), place.edit("no_such_option", None)])
    assert place.port.hashes(HOST, [place.nova]) == before


def test_an_option_that_was_set_and_removed_leaves_the_file_as_it_was(place: Place) -> None:
    place.port.edit(HOST, [place.edit("manager_shutdown_timeout", "5")])
    place.port.edit(HOST, [place.edit("manager_shutdown_timeout", None)])
    assert place.read(place.file) == TEXT


def test_an_edit_of_a_file_that_is_not_there_is_an_error(place: Place) -> None:
    with pytest.raises(StepFailed):
        place.port.edit(HOST, [place.edit("host", "x", file=f"{place.nova}/no-such-file.conf")])


def test_what_is_put_back_is_what_was_saved_without_what_came_since(place: Place) -> None:
    before = place.port.hashes(HOST, [place.nova])
    place.port.save(HOST, [place.nova, "/etc/no-such-service"], "first")
    assert place.port.saved(HOST, "first") == before
    place.port.edit(HOST, [place.edit("host", "there")])
    place.write(f"{place.nova}/new.conf", "[DEFAULT]\n")
    place.port.put_back(HOST, "first")
    assert place.port.hashes(HOST, [place.nova]) == before
    assert place.read(f"{place.nova}/new.conf") is None
    place.port.put_back(HOST, "first")
    assert place.read(place.file) == TEXT


def test_a_backup_that_was_never_made_holds_nothing_and_cannot_be_put_back(place: Place) -> None:
    assert place.port.saved(HOST, "never") == {}
    with pytest.raises(StepFailed):
        place.port.put_back(HOST, "never")


def test_a_host_that_does_not_answer_is_an_error_but_its_backup_can_be_read(place: Place) -> None:
    place.port.save(HOST, [place.nova], "first")
    before = place.port.saved(HOST, "first")
    place.cut_off()
    assert place.port.saved(HOST, "first") == before
    with pytest.raises(Unreachable):
        place.port.hashes(HOST, [place.nova])
    with pytest.raises(Unreachable):
        place.port.texts(HOST, [place.nova])


def test_what_is_no_text_is_left_out_of_the_texts(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("owners can only be set by root")
    place = over_files(tmp_path)
    Path(place.nova, "key").write_bytes(b"\xff\xfe")
    Path(place.nova, "long.conf").write_text("# words\n" * 200_000)
    Path(place.nova, "gone.conf").symlink_to("/no/such/file")
    assert list(place.port.texts(HOST, [place.nova])) == [place.file]
