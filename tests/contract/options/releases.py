"""Two made-up releases that oslo.config itself can read: packages on a path of their own, with entry points."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from liftlock.drivers.option_reading import printed, program
from liftlock.knowledge.options import Facts, parse
from liftlock.knowledge.release_facts import packed, unpacked

OLD = """\
from oslo_config import cfg
STAYS = cfg.BoolOpt("stays", default=True)
OPTS = [
    STAYS,
    cfg.StrOpt("goes", deprecated_for_removal=True, deprecated_since="30.0.0", deprecated_reason="nobody uses it"),
    cfg.StrOpt("old_name"),
    cfg.StrOpt("dashed-name", deprecated_name="dashed-before"),
    cfg.StrOpt("picky", choices=["a", "b", "c"]),
    cfg.MultiStrOpt("many", deprecated_name="many_before"),
    cfg.IntOpt("shifts", default=1),
    cfg.StrOpt("where", default=__file__),
]
PLACE = [cfg.StrOpt("new_name", deprecated_name="older_name", deprecated_group="DEFAULT")]
"""
NEW = """\
from oslo_config import cfg
OPTS = [
    cfg.BoolOpt("stays", default=True),
    cfg.StrOpt("young_name", deprecated_name="old_name"),
    cfg.StrOpt("dashed-name"),
    cfg.StrOpt("picky", choices=["a", "b"]),
    cfg.MultiStrOpt("many"),
    cfg.IntOpt("shifts", default=2),
    cfg.StrOpt("where", default=__file__),
]
PLACE = [cfg.StrOpt("new_name")]
"""
LIST = """
def list_opts():
    print("a library that talks on standard output")
    return [(None, OPTS), (cfg.OptGroup("place"), PLACE)]
"""
POINTS = """\
[oslo.config.opts]
nova.conf = nova_options:list_opts
nova.broken = nova_broken:list_opts
nova.leaves = nova_leaves:list_opts
nova.tests = nova.tests.options:list_opts
"""


def install(folder: Path, version: str, module: str) -> Path:
    """A folder with `nova` in that version, one list of options that works and two that do not."""
    about = folder / f"nova-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: nova\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(POINTS)
    (folder / "nova_options.py").write_text(module + LIST)
    (folder / "nova_broken.py").write_text("import no_such_library\n")
    (folder / "nova_leaves.py").write_text("import sys\nsys.exit('I leave')\n")
    return folder


def run(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """This environment's Python, with the release on its path."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=environment
    )


def asked(folder: Path, release: str) -> Facts:
    """What the release says when it is asked as on a host, once it went through a file."""
    ended = run(folder, "-W", "ignore", "-c", program())
    assert ended.returncode == 0, ended.stderr
    content = packed(release, printed(ended.stdout), reasons=True)
    found, direct = unpacked(content), parse(release, printed(ended.stdout))
    assert (found.options, found.rules, found.sources) == (direct.options, direct.rules, direct.sources)
    return found
