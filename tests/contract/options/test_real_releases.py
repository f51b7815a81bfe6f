"""With environments of real releases on this machine: what is shipped is what they say, and their validators agree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from liftlock.cloud.adoption.path import adopt
from liftlock.drivers.deployers.venv.build import release_id
from liftlock.drivers.option_reading import printed, program
from liftlock.knowledge.release_facts import facts_of, packed, shipped, unpacked
from liftlock.lab.cloudware.wishes import wish_for
from liftlock.lab.topology import Role
from tests.unit.lab.labs import lab_in

ENVIRONMENTS = Path("/var/cache/liftlock-dev/envs")


def environment(series: str) -> Path:
    """The environment of a series; skips the test where there is none."""
    found = ENVIRONMENTS / series
    if not (found / ".complete").exists():
        pytest.skip(f"no environment of {series} at {found} (tools/options.py says how it is made)")
    return found


@pytest.mark.parametrize("series", sorted(shipped()))
def test_what_is_shipped_is_what_the_release_says(series: str) -> None:
    words = [environment(series) / "bin/python", "-W", "ignore", "-c", program()]
    ended = subprocess.run(words, check=True, capture_output=True, text=True, cwd="/")
    said = unpacked(packed(release_id(series), printed(ended.stdout), reasons=False))
    known = facts_of(series)
    assert {s.address: s.problem for s in said.sources} == {s.address: s.problem for s in known.sources}
    assert said.options == known.options
    assert said.rules == known.rules


@pytest.mark.parametrize("service", ["nova", "keystone", "glance", "cinder", "placement"])
def test_the_targets_own_validator_takes_the_labs_adopted_file(service: str, tmp_path: Path) -> None:
    python = environment("2026.1") / "bin/python"
    lab = lab_in(tmp_path / "lab")
    files = wish_for(lab, lab.topology.having(Role.CONTROL)[0]).files
    texts = {file.path: file.content for file in files if file.path.startswith(f"/etc/{service}/")}
    (adopted,) = [
        f for f in adopt(texts, (facts_of("2025.1"), facts_of("2026.1"))) if f.path.endswith(".conf")
    ]
    after = tmp_path / "after.conf"
    after.write_text(adopted.after)
    names = {s.name for s in facts_of("2026.1").sources if s.kind == "options" and not s.problem}
    own = {n for n in names if n.split(".")[0] in (service, f"{service}_store")}
    libraries = {n for n in names if n.startswith(("oslo.", "keystonemiddleware"))}
    chosen = [f"--namespace={name}" for name in sorted(own | libraries)]
    # Options of a way to log in are in no list: the validator knows them only where a service lists them.
    groups = [
        "keystone_authtoken",
        "service_user",
        "nova",
        "cinder",
        "files",
        "os_glance_staging_store",
        "os_glance_tasks_store",
    ]
    more = [f"--exclude-group={name}" for name in [*groups, lab.volume_backend]]
    words = [python, "-W", "ignore", "-m", "oslo_config.validator", *chosen, *more, f"--input-file={after}"]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, cwd="/")
    assert ended.returncode == 0, ended.stderr[-2000:]
