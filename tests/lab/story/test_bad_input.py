"""Bad input: an error in three parts, no traceback, no secret, and nothing changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from liftlock.drivers.provisioners.nspawn.place import LabPlace
from tests.lab.story.operator import Operator, Told

pytestmark = pytest.mark.lab

NOBODY = "10.77.0.99"
"""An address in the lab's network that no host has."""
WRONG = "not-the-password-7319"

Cloud = dict[str, Any]
"""A cloud file's content."""


@pytest.fixture(scope="module", autouse=True)
def _the_cloud_is_as_it_was(the_lab: Operator) -> Iterator[None]:
    before = facts(the_lab)
    yield
    assert facts(the_lab) == before


@pytest.fixture
def cloud(the_lab: Operator) -> Cloud:
    """The lab's own cloud file, to be spoilt; its paths are absolute, and it has a state of its own."""
    place = LabPlace.from_environment()
    content: Cloud = yaml.safe_load(place.cloud_file.read_text())
    content["access"] = {name: str(place.state / path) for name, path in content["access"].items()}
    content["api"]["clouds_yaml"] = str(place.clouds_yaml)
    content["databases"]["password"] = {"file": str(place.state / content["databases"]["password"]["file"])}
    content["state"] = "state"
    return content


@pytest.fixture(scope="module")
def plan(the_lab: Operator) -> Path:
    """A good plan."""
    the_lab.bastion("liftlock plan --to 2026.1 --strategy in_place -o good.json").well()
    return the_lab.folder / "good.json"


def facts(operator: Operator) -> Any:
    """Everything a plan made now would rest on."""
    return operator.bastion("liftlock plan --to 2026.1 --strategy in_place -f json").json()["plan"]["facts"]


def files(folder: Path) -> dict[str, str]:
    """Every file in a folder and a hash of its content."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def secrets() -> set[str]:
    """Every secret the lab has, and the wrong one."""
    folder = LabPlace.from_environment().state / "secrets"
    found = {path.read_text().strip() for path in folder.rglob("*") if path.is_file()}
    return {WRONG, *(word for text in found for word in [text] if len(word) >= 8)}


def refused(operator: Operator, line: str, *words: str) -> Told:
    """The command ended with an error in three parts that has these words; it changed nothing and told no secret."""
    state = LabPlace.from_environment().state / "liftlock"
    before = files(state)
    told = operator.bastion(line)
    assert told.code != 0, told.said
    error = told.err.rstrip().splitlines()
    assert len(error) >= 3, told.said
    assert error[-2].startswith("  now:  "), told.said
    assert error[-1].startswith("  next: "), told.said
    assert "Traceback" not in told.said
    assert [secret for secret in secrets() if secret in told.said] == []
    for word in words:
        assert word in told.said, told.said
    assert files(state) == before
    return told


SPOILT: dict[str, tuple[Callable[[Cloud], Any], tuple[str, ...]]] = {
    "a key with a typing error": (
        lambda c: c.update(databses=c.pop("databases")),
        ("databses", "`databases`"),
    ),
    "a password in the file": (lambda c: c["databases"].update(password=WRONG), ("databases.password",)),
    "a host without an address": (lambda c: c["hosts"]["db1"].pop("address"), ("hosts.db1", "address")),
    "a service nobody knows": (lambda c: c["services"].append("nvoa"), ("nvoa", "nova")),
    "a secret's file that is not there": (
        lambda c: c["databases"].update(password={"file": "/nowhere"}),
        ("/nowhere",),
    ),
    "a host that does not answer": (lambda c: c["hosts"]["ctl-blue"].update(address=NOBODY), ("ctl-blue",)),
    "a database server that does not answer": (lambda c: c["databases"].update(host=NOBODY), (NOBODY,)),
    "an SSH key that is not there": (lambda c: c["access"].update(key="/nowhere"), ("/nowhere",)),
    "a client's entry that is not there": (lambda c: c["api"].update(cloud="lba"), ("lba",)),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_cloud_file_with(the_lab: Operator, cloud: Cloud, tmp_path: Path, what: str) -> None:
    spoil, words = SPOILT[what]
    spoil(cloud)
    spoilt = tmp_path / "cloud.yaml"
    spoilt.write_text(yaml.safe_dump(cloud))
    refused(the_lab, f"liftlock plan -C {spoilt} --to 2026.1 -o {tmp_path}/plan.json", *words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cloud.yaml"]


def test_a_wrong_database_password(the_lab: Operator, cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(WRONG)
    cloud["databases"]["password"] = {"file": "password"}
    (tmp_path / "cloud.yaml").write_text(yaml.safe_dump(cloud))
    refused(the_lab, f"liftlock plan -C {tmp_path}/cloud.yaml --to 2026.1", "1045", "password")


def test_a_wrong_password_for_the_api(the_lab: Operator, cloud: Cloud, tmp_path: Path) -> None:
    clouds = yaml.safe_load(LabPlace.from_environment().clouds_yaml.read_text())
    clouds["clouds"]["lab"]["auth"]["password"] = WRONG
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump(clouds))
    cloud["api"]["clouds_yaml"] = "clouds.yaml"
    (tmp_path / "cloud.yaml").write_text(yaml.safe_dump(cloud))
    refused(the_lab, f"liftlock plan -C {tmp_path}/cloud.yaml --to 2026.1", "refuses the credentials")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("liftlock assess -C /nowhere/cloud.yaml", ("/nowhere/cloud.yaml", "liftlock init")),
        ("liftlock assess -C /", ("/ cannot be read",)),
        ("liftlock assess --to 2031.9", ("`2031.9`", "2026.1")),
        ("liftlock plan --to gaspacho", ("`gaspacho`", "gazpacho")),
        ("liftlock plan --to 2024.1", ("2025.1", "2024.1")),
        ("liftlock plan --to 2026.1 --strategy in_place -o /nowhere/plan.json", ("/nowhere/plan.json",)),
        ("liftlock lab up --series 2031.9", ("2031.9", "2026.1")),
        ("liftlock lab up --series 2026.1", ("made at 2025.1",)),
        ("liftlock lab release 2031.9", ("2031.9", "2026.1")),
        ("liftlock run /nowhere/plan.json", ("/nowhere/plan.json",)),
        ("liftlock approve {plan} --gate strat", ("“strat”", "start")),
        ("liftlock restore --yes-lose-writes-of lab", ("nothing was run",)),
        ("liftlock report", ("nothing was run",)),
        ("liftlock verify", ("nothing was run",)),
        ("liftlock report run-7", ("nothing was run",)),
        ("liftlock probe summary /nowhere", ("/nowhere",)),
    ],
)
def test_words_that_cannot_be_used(the_lab: Operator, plan: Path, line: str, words: tuple[str, ...]) -> None:
    refused(the_lab, line.format(plan=plan), *words)


TORN: dict[str, Callable[[str], str]] = {
    "torn": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no plan": lambda text: '{"plan": "to go on holiday"}\n',
    "of another format": lambda text: text.replace('"liftlock_plan": 1', '"liftlock_plan": 99'),
    "with another command": lambda text: text.replace("glance-manage", "glance-mangle"),
    "with another name for the cloud": lambda text: text.replace('"cloud": "lab"', '"cloud": "bal"'),
    "without its gate": lambda text: text.replace('"gate": "start"', '"gate": ""'),
}


@pytest.mark.parametrize("how", TORN)
@pytest.mark.parametrize("verb", ["run {}", "approve {} --gate start"])
def test_a_plan_file_that_is(the_lab: Operator, plan: Path, tmp_path: Path, verb: str, how: str) -> None:
    text = TORN[how](plan.read_text())
    assert text != plan.read_text()
    (tmp_path / "plan.json").write_text(text)
    refused(the_lab, f"liftlock {verb.format(tmp_path / 'plan.json')}", str(tmp_path / "plan.json"))


def test_a_plan_for_a_cloud_that_moved_since(the_lab: Operator, plan: Path) -> None:
    the_lab.bastion(f"liftlock approve {plan} --gate start").well()
    conf = "/etc/heat/heat.conf"
    the_lab.on_host("ctl-blue", f"cp -p {conf} {conf}.kept && echo '# moved' >> {conf}")
    try:
        refused(the_lab, f"liftlock run {plan}", "host/ctl-blue/configuration/", "heat")
    finally:
        the_lab.on_host("ctl-blue", f"mv {conf}.kept {conf}")


def test_a_plan_of_another_cloud(the_lab: Operator, cloud: Cloud, plan: Path, tmp_path: Path) -> None:
    cloud["name"] = "harbour"
    (tmp_path / "cloud.yaml").write_text(yaml.safe_dump(cloud))
    refused(the_lab, f"liftlock run -C {tmp_path}/cloud.yaml {plan}", "lab", "harbour")
