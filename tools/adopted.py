"""Configuration adopted on the real lab: 2024.1 to 2025.1, and 2025.1 to 2026.1, with options planted that do not stay.

Each hop has a lab of its own. Two blue/green lifts of one lab are not possible as yet: computes stay behind, and nova
of 2026.1 does not start beside those of 2024.1; and green's heat always gets the same virtual host, which is blue's the
second time. What the first hop made of the files is adopted once more for 2026.1, and that release's validator asked.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config_validator import complaints, validated
from kills import GREEN, on_host
from rounds import bastion, boot, fresh_lab, tenants_things, upgrade

from liftlock import ini
from liftlock.cloud.adoption.files import service_of
from liftlock.cloud.adoption.model import Kind
from liftlock.flow.configuration.adopt import Adoption, adopt_folder
from liftlock.knowledge.hop import edits_for
from liftlock.knowledge.option_hop import normal

BLUE = "ctl-blue"
NAMES = ((BLUE, GREEN), ("10.77.0.21", "10.77.0.22"))
"""What blue's host goes by, and green's."""
PYTHON = "/opt/openstack/current/bin/python"
HOPS = (("2024.1", "2025.1"), ("2025.1", "2026.1"))
GREENS_OWN = ("backend_host", "transport_url")
"""Options that green has otherwise because it is green: whose volumes are its own, and heat's virtual host."""
NOVA, HEAT, GLANCE = "/etc/nova/nova.conf", "/etc/heat/heat.conf", "/etc/glance/glance-api.conf"
NEUTRON, CINDER = "/etc/neutron/neutron.conf", "/etc/cinder/cinder.conf"


@dataclass(frozen=True)
class Planted:
    """An option that is set in a file of blue, and what adoption has to make of it."""

    file: str
    section: str
    option: str
    value: str
    kinds: tuple[Kind, ...]
    becomes: tuple[tuple[str, str], ...]
    """(section, option) at which the value stands afterwards; none where it goes."""
    may_serve: bool = True
    """Whether a service starts with it: else it is planted in a folder only."""

    @property
    def lines(self) -> str:
        """As it stands at the end of the file."""
        return f"\n[{self.section}]\n{self.option} = {self.value}\n"


ON_EVERY_HOP = (
    Planted(
        NOVA, "DEFAULT", "config_drive_format", "iso9660", (Kind.DEPRECATED,),
        (("DEFAULT", "config_drive_format"),),
    ),
    Planted(NOVA, "planted", "colour", "blue", (Kind.STRANGE,), (("planted", "colour"),)),
    Planted(
        NOVA, "libvirt", "virt_type", "uml", (Kind.INVALID,), (("libvirt", "virt_type"),), may_serve=False
    ),
)  # fmt: skip
"""Kinds of change that do not depend on the hop."""
PLANTED: Mapping[str, Sequence[Planted]] = {
    "2025.1": (
        Planted(GLANCE, "DEFAULT", "location_strategy", "location_order", (Kind.REMOVED,), ()),
        Planted(HEAT, "clients_senlin", "endpoint_type", "internalURL", (Kind.REMOVED,), ()),
        Planted(
            HEAT, "DEFAULT", "backlog", "4095", (Kind.RENAMED, Kind.COPIED),
            (("heat_api", "backlog"), ("heat_api_cfn", "backlog")),
        ),
        Planted(
            NOVA, "DEFAULT", "amqp_auto_delete", "false", (Kind.RENAMED,),
            (("oslo_messaging_rabbit", "amqp_auto_delete"),),
        ),
        Planted(NEUTRON, "vxlan", "ttl", "9", (Kind.UNKNOWN,), (("vxlan", "ttl"),)),
        *ON_EVERY_HOP,
    ),
    "2026.1": (
        Planted(GLANCE, "glance_download_opts", "extra_properties", "planted", (Kind.REMOVED,), ()),
        Planted(NOVA, "DEFAULT", "osapi_compute_workers", "2", (Kind.REMOVED,), ()),
        Planted(
            NOVA, "api", "neutron_default_tenant_id", "default", (Kind.RENAMED,),
            (("api", "neutron_default_project_id"),),
        ),
        Planted(
            NOVA, "DEFAULT", "metadata_cache_expiration", "16", (Kind.RENAMED,),
            (("api", "metadata_cache_expiration"),),
        ),
        Planted(
            CINDER, "DEFAULT", "osapi_max_request_body_size", "114689", (Kind.RENAMED,),
            (("oslo_middleware", "max_request_body_size"),),
        ),
        Planted(
            NOVA, "DEFAULT", "network_device_mtu", "1499", (Kind.RENAMED, Kind.COPIED),
            (("os_vif_linux_bridge", "network_device_mtu"), ("os_vif_ovs", "network_device_mtu")),
        ),
        *ON_EVERY_HOP,
    ),
}  # fmt: skip
"""Target -> options that a lab at the release before gets. None of them changes what the lab does."""


def adopted(folder: Path) -> dict[str, Any]:
    """Both hops; one that ends early says why, and the other is tried all the same."""
    told: dict[str, Any] = {}
    for source, target in HOPS:
        try:
            told[f"{source} to {target}"] = hop(folder, source, target)
        except SystemExit as ended:
            told[f"{source} to {target}"] = {"ended_early": str(ended)}
    return told


def hop(folder: Path, source: str, target: str) -> dict[str, Any]:
    """A fresh lab with options planted, lifted by blue/green with its files adopted, finalized and retired."""
    here = folder / target
    fresh_lab(here, source, target)
    for one in PLANTED[target]:
        if one.may_serve:
            planted_on_blue(one)
    rows = json.loads(
        bastion("liftlock", "config", "adopt", "--to", target, "-f", "json", "-o", str(here / "adopted"))
    )
    blues = read_below(here / "adopted" / BLUE)
    before = said_on(BLUE, {path: path for path in blues})
    upgrade(here / "plan.json", target=target)
    boots = {"on green": boot(f"adopted-{target[:4]}")}
    greens = {path: on_host(f"ssh root@{GREEN}", f"cat {path}") for path in blues}
    keep_below(here / "green", greens)
    after = said_on(GREEN, {path: path for path in greens})
    told = {
        "changes": dict(Counter(row["Kind"] for row in rows)),
        "planted": {name(one): fate(one, rows, greens) for one in PLANTED[target] if one.may_serve},
        "green_differs_from_what_adopt_wrote": {
            path: found for path in blues if (found := unexplained(blues[path], greens[path], path, target))
        },
        "validator": (said := {path: complaints(blues[path], before[path], after[path]) for path in blues}),
        "validator_disagrees": disagreements(said, target),
        "words_about_configuration_in_the_journal": int(on_host(f"ssh root@{GREEN}", COMPLAINTS)),
        "in_a_folder": in_a_folder(here / "every-kind", source, target),
        "adopted_before": of_the_hop_before(folder, target),
    }
    for verb in ("finalize", "retire"):
        bastion("liftlock", verb, "--cloud", "lab")
    boots["at the end"] = boot("adopted-end")
    return {**told, "server_boot_list_delete_seconds": boots, "users_things": tenants_things(here)}


def disagreements(said: Mapping[str, Mapping[str, Sequence[str]]], target: str) -> list[str]:
    """What the validator has against adopted files; what adoption left because nobody could tell is none."""
    left = [f"{one.file} {one.section}/{one.option}" for one in PLANTED[target] if Kind.UNKNOWN in one.kinds]
    every = [
        f"{path} {option}" for path, one in said.items() for option in (*one["unknown"], *one["deprecated"])
    ]
    return [one for one in every if one not in left]


COMPLAINTS = (
    "journalctl --boot --no-pager | "
    "grep -cE 'ConfigFileParseError|ConfigFileValueError|NoSuchOptError|RequiredOptError' || true"
)
"""Lines in which a program says that it cannot take what it was told."""


def planted_on_blue(one: Planted) -> None:
    """Write the option at the end of its file, which keeps its date: nobody reads it before green does."""
    lines, file = shlex.quote(one.lines), one.file
    on_host(
        f"ssh root@{BLUE}",
        f"cp -p {file} /root/before && printf %s {lines} >> {file} && touch -r /root/before {file}",
    )


def name(one: Planted) -> str:
    """`/etc/nova/nova.conf [api] auth_strategy`."""
    return f"{one.file} [{one.section}] {one.option}"


def fate(one: Planted, rows: Sequence[Mapping[str, str]], greens: Mapping[str, str]) -> dict[str, Any]:
    """What was told of a planted option, what green has of it, and whether both are right."""
    kinds = sorted(row["Kind"] for row in rows if row["File"] == f"{BLUE}:{one.file}" and of(one, row))
    there = places_of(one, greens[one.file])
    right = kinds == sorted(kind.value for kind in one.kinds) and there == sorted(one.becomes)
    return {"told_as": kinds, "on_green": [f"[{s}] {o}" for s, o in there], "right": right}


def of(one: Planted, row: Mapping[str, str]) -> bool:
    """Whether a row of `config adopt` is about the planted option: under its own name, or where it was copied to."""
    return row["Name"] in [f"[{s}] {o}" for s, o in ((one.section, one.option), *one.becomes)]


def places_of(one: Planted, text: str) -> list[tuple[str, str]]:
    """Where the planted value stands in a file: under its own name, and under those that it should have."""
    wanted = {(one.section, one.option), *one.becomes}
    return sorted(place for place in wanted if ini.value(text, *place) == one.value)


def unexplained(blue: str, green: str, path: str, target: str) -> list[str]:
    """Places at which green's file is not what adoption made of blue's, its names and the hop's own edits aside."""
    for old, new in NAMES:
        blue = blue.replace(old, new)
    asked = {(normal(e.section), e.option) for e in edits_for(target) if e.path == path}
    sides = [{(normal(s.section), s.name): s.value for s in ini.settings(text)} for text in (blue, green)]
    other = [place for place in {**sides[0], **sides[1]} if sides[0].get(place) != sides[1].get(place)]
    return sorted(f"[{s}] {o}" for s, o in other if (s, o) not in asked and o not in GREENS_OWN)


def said_on(host: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Path -> what the validator of the host's release says of a file there; `files` are path -> where it lies."""

    def run(words: Sequence[str]) -> str:
        return on_host(f"ssh root@{host}", shlex.join([PYTHON, *words]))

    told: dict[str, Any] = {}
    for service in sorted({service_of(path) for path in files}):
        mine = {path: where for path, where in files.items() if service_of(path) == service}
        told |= validated(run, service, mine)
    return told


def in_a_folder(folder: Path, source: str, target: str) -> dict[str, Any]:
    """Files with one option of every kind of change, adopted in a folder, and what green's validator says of them."""
    found = every_kind(folder, source, target)
    kinds = Counter(change.kind.value for change in found.changes)
    return {"changes": dict(kinds), "validator": said_of_copies({f.path: f.after for f in found.files})}


def every_kind(folder: Path, source: str, target: str) -> Adoption:
    """Files that hold nothing but what is planted, adopted."""
    texts: dict[str, str] = {}
    for one in PLANTED[target]:
        texts[one.file] = texts.get(one.file, "") + one.lines
    keep_below(folder, texts)
    return adopt_folder(folder, target, source)


def of_the_hop_before(folder: Path, target: str) -> dict[str, Any]:
    """What the hop before made of the files, adopted once more: what is still said of it; empty after the first."""
    before = next((source for source, to in HOPS if to == target), "")
    greens = folder / before / "green"
    if not greens.is_dir():
        return {}
    found = adopt_folder(greens, target, before)
    kinds = Counter(change.kind.value for change in found.changes)
    return {"changes": dict(kinds), "validator": said_of_copies({f.path: f.after for f in found.files})}


def said_of_copies(texts: Mapping[str, str]) -> dict[str, Any]:
    """What green's validator says of texts that are put beside its own files."""
    places = {path: f"/root/copies{path}" for path in texts}
    for path, text in texts.items():
        told = base64.b64encode(text.encode()).decode()
        on_host(
            f"ssh root@{GREEN}",
            f"mkdir -p {Path(places[path]).parent} && echo {told} | base64 -d > {places[path]}",
        )
    found = said_on(GREEN, places)
    on_host(f"ssh root@{GREEN}", "rm -r /root/copies")
    return found


def read_below(folder: Path) -> dict[str, str]:
    """Path on a host -> text, of the adopted files of options in a folder."""
    files = [*folder.glob("etc/**/*.conf"), *folder.glob("etc/**/*.ini")]
    return {f"/{file.relative_to(folder)}": file.read_text() for file in sorted(files)}


def keep_below(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts at their paths below a folder that only we may read: they may hold secrets."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, text in texts.items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
