"""What a release's own `oslo-config-validator` says of configuration files, in that release's environment.

The validator wants to be told lists of options by name, and dies of one that cannot be loaded; so each is tried first.
Other services' lists are left out, as the service does not read them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liftlock import ini
from liftlock.knowledge.catalogue import services
from liftlock.knowledge.option_hop import package_of

PROGRAM = r"""
import io, json, logging, sys
from contextlib import redirect_stdout
from importlib import metadata
from oslo_config import validator
asked = json.loads(sys.argv[1])
names, lost = [], {}
for package in metadata.distributions():
    if package.metadata["Name"].lower().replace("_", "-") in asked["others"]:
        continue
    for point in package.entry_points:
        if point.group == "oslo.config.opts" and "test" not in point.value:
            try:
                point.load()()
                names.append(point.name)
            except Exception as error:
                lost[point.name] = repr(error)[:200]
told = {}
for name, file in asked["files"].items():
    said = io.StringIO()
    here = logging.StreamHandler(said)
    here.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.getLogger().handlers[:] = [here]
    words = [word for one in dict.fromkeys(names) if one not in lost for word in ("--namespace", one)]
    sys.argv = ["oslo-config-validator", *words, "--input-file", file]
    with redirect_stdout(sys.stderr):
        code = validator.main()
    lines = said.getvalue().splitlines()
    told[name] = {
        "code": code,
        "unknown": [x.split()[1] for x in lines if x.endswith(" is not part of the sample config")],
        "deprecated": [x.split()[3] for x in lines if x.startswith("WARNING Deprecated opt ")],
    }
print(json.dumps({"told": told, "lost": lost}))
"""
"""For the release's own Python. It runs the validator's own entry point: once for each file, in one process."""

Said = Mapping[str, Any]
"""`code` of the validator, options that are `unknown` to it (`section/option`), names that are `deprecated`."""


def validated(
    run: Callable[[Sequence[str]], str], service: str, files: Mapping[str, str]
) -> Mapping[str, Said]:
    """Name -> what the validator says of the file of that name; `files` are their paths where `run` runs words.

    `run` puts the environment's Python before the words, and returns what is printed.
    """
    others = sorted({package_of(name) for name in services()} - {package_of(service)})
    asked = json.dumps({"others": others, "files": dict(files)})
    told: Mapping[str, Said] = json.loads(run(["-W", "ignore", "-c", PROGRAM, asked]).splitlines()[-1])[
        "told"
    ]
    return told


def complaints(text: str, before: Said, after: Said) -> dict[str, list[str]]:
    """What the new release's validator has against the adopted file, that the old one's had not against the old file.

    `text` is the old file. A section of which the old one knew no option has a name that an operator chose (a
    backend's): what is new in one of those is told apart.
    """
    places: dict[str, list[str]] = {}
    for setting in ini.settings(text):
        places.setdefault(setting.section, []).append(f"{setting.section}/{setting.name}")
    chosen = {section for section, names in places.items() if set(names) <= set(before["unknown"])}
    new = [name for name in after["unknown"] if name not in before["unknown"]]
    return {
        "unknown": [name for name in new if name.partition("/")[0] not in chosen],
        "in_sections_of_the_operators": [name for name in new if name.partition("/")[0] in chosen],
        "deprecated": list(after["deprecated"]),
    }
