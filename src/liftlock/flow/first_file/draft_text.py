"""A draft as the text of a commented cloud file. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from liftlock.flow.first_file.draft import PORT, Draft, Entry, Gap

WIDTH = 108
NOTES_AT = 28


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator chose; paths as they are to stand in the file."""

    cloud: str
    """Entry of clouds.yaml."""
    key: str
    known_hosts: str
    user: str = "root"
    port: int = 22
    archives: str = "releases"
    clouds_yaml: str = ""
    """Empty leaves it to where the `openstack` client looks."""
    database_user: str = "root"
    password_file: str = ""
    """File with the database's password, if the operator names one."""


def text(draft: Draft, choices: Choices) -> str:
    """The file; `liftlock.cloud.file.parse` accepts it, whatever was not found."""
    sections = (
        [
            f"# The cloud behind `{choices.cloud}` as `liftlock init` saw it, through its API and over SSH.",
            "# Read it, complete it, keep it in git. Relative paths start at this file's folder.",
            "# An unknown key is an error; docs/cloud.yaml.example shows every key.",
        ],
        [beside(f"name: {scalar(name_of(choices.cloud))}", "destructive commands ask you to type it")],
        hosts(draft),
        access(choices),
        services(draft),
        api(choices),
        databases(draft, choices),
        broker(draft),
        balancer(draft),
        deployer(draft, choices),
        [
            "# policy:",
            "#   approvals: {start: 2}    # gate: how many different people must approve it (default: 1)",
        ],
        [beside("state: .liftlock", "journal, plans, backups")],
    )
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def hosts(draft: Draft) -> list[str]:
    """Who is there for what."""
    lines = [host(entry) for entry in draft.hosts]
    width = max((len(line) for line in lines), default=0)
    noted = (beside(line, entry.note, width) for line, entry in zip(lines, draft.hosts, strict=True))
    return ["hosts:", *gaps(draft.gaps, "hosts"), *noted]


def host(entry: Entry) -> str:
    """One line, without its note."""
    roles = ", ".join(entry.roles)
    return f"  {scalar(entry.name)}: {{address: {scalar(entry.address)}, roles: [{roles}]}}"


def access(choices: Choices) -> list[str]:
    """How SSH gets in."""
    return [
        beside("access:", "SSH"),
        f"  key: {scalar(choices.key)}",
        f"  known_hosts: {scalar(choices.known_hosts)}",
        beside(f"  user: {scalar(choices.user)}", "root, or may sudo without a password"),
        f"  port: {choices.port}",
    ]


def services(draft: Draft) -> list[str]:
    """What is to be upgraded, and what else is there."""
    lines = [*gaps(draft.gaps, "services", ""), f"services: [{', '.join(draft.services)}]"]
    if draft.strangers:
        lines += comment(f"In the catalogue, and unknown to liftlock: {', '.join(draft.strangers)}.", "")
    return lines


def api(choices: Choices) -> list[str]:
    """Whose entry of which file."""
    lines = [beside("api:", "the administrator's entry"), f"  cloud: {scalar(choices.cloud)}"]
    return [*lines, f"  clouds_yaml: {scalar(choices.clouds_yaml)}"] if choices.clouds_yaml else lines


def databases(draft: Draft, choices: Choices) -> list[str]:
    """Where they are; the password only by reference."""
    lines = ["databases:", *gaps(draft.gaps, "databases"), *gaps(draft.gaps, "database")]
    lines.append(f"  host: {scalar(draft.database)}")
    if draft.database_port != PORT:
        lines.append(f"  port: {draft.database_port}")
    lines.append(
        beside(
            f"  user: {scalar(choices.database_user)}",
            "may read, dump and replace every database of the services, from here",
        )
    )
    if choices.password_file:
        lines.append(f"  password: {{file: {scalar(choices.password_file)}}}")
    else:
        lines += comment(
            "Put this user's password, and nothing else, into the file; keep it out of git. liftlock copies none."
        )
        lines.append("  password: {file: secrets/database}")
    return [*lines, *mapping("names", draft.database_names)]


def broker(draft: Draft) -> list[str]:
    """Where it is."""
    return ["broker:", *gaps(draft.gaps, "broker"), f"  host: {scalar(draft.broker)}"]


def balancer(draft: Draft) -> list[str]:
    """Where it is and what it calls services."""
    lines = ["balancer:", *gaps(draft.gaps, "balancer")]
    lines.append(f"  hosts: [{', '.join(scalar(name) for name in draft.balancers)}]")
    lines.append(f"  socket: {scalar(draft.socket)}")
    return [*lines, *mapping("backends", draft.backends)]


def deployer(draft: Draft, choices: Choices) -> list[str]:
    """Where releases are, there and here."""
    return [
        "deployer:",
        *gaps(draft.gaps, "deployer"),
        beside("  kind: venv", "one directory per release, and a link `current`"),
        f"  root: {scalar(draft.root)}",
        beside(f"  archives: {scalar(choices.archives)}", "folder here with built releases"),
    ]


def mapping(key: str, pairs: Mapping[str, str]) -> list[str]:
    """A mapping of words; nothing if it is empty."""
    return [f"  {key}:", *(f"    {word}: {scalar(pairs[word])}" for word in pairs)] if pairs else []


def gaps(every: Iterable[Gap], key: str, indent: str = "  ") -> list[str]:
    """The gaps of one key as comments."""
    return [line for gap in every if gap.key == key for line in comment(f"{gap}.", indent)]


def comment(words: str, indent: str = "  ") -> list[str]:
    """A sentence, whatever it holds, as lines that begin with `#`."""
    return textwrap.wrap(
        " ".join(words.split()),
        WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def beside(line: str, note: str, width: int = NOTES_AT) -> str:
    """A line with a note at its end, below the notes of its neighbours."""
    return f"{line:<{width}}  # {' '.join(note.split())}" if note else line


def scalar(word: str) -> str:
    """A text as YAML reads it back, within a list or mapping too; plain where that is possible."""
    try:
        if yaml.safe_load(f"{{key: {word}}}") == {"key": word} and yaml.safe_load(f"{{{word}: 1}}") == {
            word: 1
        }:
            return word
    except (yaml.YAMLError, TypeError):
        pass
    return json.dumps(word)


def name_of(cloud: str) -> str:
    """The entry's name as a cloud may be called."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", cloud).strip(".-") or "cloud"
