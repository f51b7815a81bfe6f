"""Which release notes matter to a cloud: each tied to what of it the note is about, an option, a rule, a program.

Pure. A note is tied by what it *names* (options, rules, programs between backticks) and what this cloud *has*: its
files, its running parts, the defaults it relies upon. What is only opened as a possibility ties nothing; nor does what
a note recommends "instead", if that is what the cloud has already. Meaning that is only in the prose is not understood:
precision and recall are measured against a list judged before (`tools/notes.py`, docs/evidence/5-notes-*.json).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from liftlock import ini
from liftlock.cloud.adoption.files import Content, content_of
from liftlock.knowledge.catalogue import deliverables, parts
from liftlock.knowledge.option_hop import Place, Scope, normal
from liftlock.knowledge.options import Facts, Option
from liftlock.knowledge.rule_hop import RuleHop

_MAIN = ("cinder", "glance.api", "heat.common.config", "heat.engine", "keystone", "neutron", "placement.conf")
"""Lists of options that every installation of a service reads (entry points `oslo.config.opts` of 2025.1)."""
_OPTIONAL = re.compile(
    r"experimental|disabled by default|opt-in|can now be run|by default,? (?:the|this) option is unset", re.I
)
"""Words of a note that only opens a possibility."""
_ASKS = ("upgrade", "deprecations", "security", "critical", "issues")
"""Sections that are written for operators who upgrade."""
_ASK_NOTHING = ("fixes", "prelude")
"""Sections that mend something, or announce what has notes of its own."""
_QUOTED = re.compile(r"`{1,2}([^`<>]+)`{1,2}(?!_)")
_SPELLED = re.compile(r"^\[([\w.<>-]+)\]\s*/?\s*([\w-]+)$")
_BARE = re.compile(r"^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+$")
_RULE = re.compile(r"[a-z_]+(?::[a-z0-9_-]+)+")
_SECTION_WANTED = re.compile(r"configur\w*(?: an?| the)?(?: dedicated)? ``\[([\w-]+)\]`` section", re.I)
_CALLS = re.compile(r"\bRPC (?:API )?(?:version|server)|API has a new version", re.I)
_TABLE = re.compile(r"\btable\b.*\b(?:charset|collat\w+|converted)\b", re.I | re.S)
_PROSE = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+){2,}\b")
"""What is an option even outside backticks, if there is one of that name."""
_WANTED = re.compile(r"\b(?:mandatory|requires|required)\b", re.I)
_ASSIGNED = re.compile(r"^(?:\[([\w-]+)\])?([a-z][\w-]*)=\S+$")
_ROLES = re.compile(r"(?=.*\brole\b)(?=.*\b(?:persona|RBAC|polic(?:y|ies))\b)", re.I | re.S)
_NEW_PROGRAM = re.compile(r"new (?:process|service|daemon) called `+([\w-]+)`+", re.I)
ROLES = "rules that may be set in policy files change their default"
_PYTHON = re.compile(r"Python (\d+)\.(\d+) is the minimum")
_STARTED = re.compile(r"\bscripts?\b|\bWSGI\b", re.I)
"""Words of a note about how an API is started."""
_NAMED_SECTION = re.compile(r"\[([\w.<>-]+)\](?:`|\s*/?\s*[\w-])")
_OVERRIDERS = re.compile(r"\boverrid(?:e|es|den|ing)\b|\bcustom(?:ized)? policy\b", re.I)
"""Words of a note about rules that is for those who have set them otherwise."""
_PERSONA = re.compile(r"\bpersonas?\b|\bnew default role\b", re.I)
_REFUSED = re.compile(
    r"\bwill (?:no longer|not) be (?:possible|able|allowed)\b|\busers? (?:are|is) (?:not able|unable)\b"
    r"|\bworkflows that break\b|\b(?:upload|login|request)s? (?:failures?|will fail)\b",
    re.I,
)
"""Words of a note about what was granted before, to whoever uses the service, and may not be from now on."""
_DRIVEN = {
    "libvirt": ("qemu", "kvm", "lxc"),
    "qemu": ("qemu", "kvm"),
    "vmware": ("vmware",),
    "ironic": ("ironic",),
}
"""Driver of nova's computes -> how kinds of hypervisors begin that it makes, as nova's API tells them (nova 33)."""
_DRIVERS = re.compile(rf"\b({'|'.join(_DRIVEN)})\b", re.I)
_DEFAULTS = re.compile(
    r"\bdefault\b[^.]*\b(?:changed?|switched)\b|\b(?:changed?|switched)\b[^.]*\bdefault\b", re.I
)


@dataclass(frozen=True, slots=True)
class Note:
    """One section of one file of release notes."""

    service: str
    name: str
    """Its file: `remove-py39-6d0746192cebd384.yaml`."""
    section: str
    """`upgrade`, `deprecations`, `fixes` …"""
    text: str


@dataclass(frozen=True, slots=True)
class Tie:
    """What of this cloud a note is about."""

    kind: str
    """`option`, `default`, `rule`, `program`, `section`, `calls`, `table`, `python`, `setting`, `requests`."""
    what: str
    """`[ml2] tenant_network_types is set in /etc/neutron/plugins/ml2/ml2_conf.ini`."""

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Usage:
    """What one service of this cloud has and does, with what both releases declare."""

    service: str
    texts: Mapping[str, str]
    """Path -> text of every file in the service's directories, on whatever host."""
    parts: frozenset[str]
    """Its parts that run: `nova-scheduler`."""
    old: Facts
    new: Facts
    pythons: frozenset[tuple[int, int]] = frozenset()
    """Python of the hosts that run it."""
    on_the_bus: bool = False
    """Whether a part of it takes calls on the broker."""
    hypervisors: frozenset[str] = frozenset()
    """Kinds of the cloud's hypervisors, as nova's API tells them: `QEMU`; empty where that is not known."""

    @cached_property
    def settings(self) -> Mapping[Place, str]:
        """(section, option) -> the file that sets it."""
        found: dict[Place, str] = {}
        for path, text in self.texts.items():
            for section, name in _places(text):
                found.setdefault((normal(section), name), path)
        return found

    @cached_property
    def sections(self) -> frozenset[str]:
        """Sections that any file has."""
        return frozenset(section for section, _ in self.settings) | {"DEFAULT"}

    @cached_property
    def scopes(self) -> tuple[Scope, Scope]:
        """What the service reads, in the old release and in the new one."""
        return Scope(self.old, self.service), Scope(self.new, self.service)

    def driven_by(self, names: Iterable[str]) -> bool:
        """Whether a hypervisor here is of one of these drivers, or none is known."""
        kinds = tuple(kind.lower() for kind in self.hypervisors)
        return not kinds or any(kind.startswith(_DRIVEN[name.lower()]) for name in names for kind in kinds)

    def own(self, at: Place) -> bool:
        """Whether the service itself declares the option, and not a driver or plug-in of it that may not be used."""
        return any(
            o.source.name in _MAIN or o.source.name == f"{self.service}.conf"
            for scope in self.scopes
            for o in scope.current.get(at, ())
        )

    @cached_property
    def rules(self) -> frozenset[str]:
        """Rules that let in others from now on, when no file sets them."""
        return frozenset(old.name for old, _ in RuleHop(*self.scopes).changed_defaults())

    def places(self, word: str, within: frozenset[str]) -> tuple[Place, ...]:
        """Places that a word between backticks may mean: `[api] auth_strategy`, or `auth_strategy` in any section.

        Where the note names sections, a bare word means one of these.
        """
        old, new = self.scopes
        spelled = _SPELLED.match(word)
        if spelled:
            at = (normal(spelled[1]), spelled[2])
            if at in self.settings or any(scope.own(at) or scope.other(at) for scope in self.scopes):
                return (at,)
            # Notes misname sections (`[compute] heal_instance_info_cache_interval` of nova 31 is in DEFAULT).
            word, within = spelled[2], frozenset()
        if not _BARE.match(word):
            return ()
        known = {at for scope in (old, new) for at in (*scope.current, *scope.aliases) if at[1] == word}
        found = known | {at for at in self.settings if at[1] == word}
        return tuple(sorted(at for at in found if not within or at[0] in within))


def matter(notes: Iterable[Note], usages: Mapping[str, Usage]) -> Iterator[tuple[Note, tuple[Tie, ...]]]:
    """Those that matter, each with its ties.

    A section that names nothing itself goes with the rest of its file, and so does every section of a file that tells
    what is refused from now on. A file whose title is another service's is about that one.
    """
    here = [note for note in notes if note.service in usages and not _foreign(note, usages)]
    found = [(note, ties(note, usages[note.service])) for note in here]
    for_some = {note.name for note in here if note.section in _ASKS and _OVERRIDERS.search(note.text)}
    found = [(n, tuple(t for t in told if n.name not in for_some or _held(t))) for n, told in found]
    tied = {
        note.name: tuple(t for t in told if t.kind != "calls")
        for note, told in found
        if told and note.section in _ASKS
    }
    for note, told in found:
        rest = () if note.section in _ASK_NOTHING else tied.get(note.name, ())
        alone = told or any(map(_names_something, _QUOTED.findall(note.text)))
        if every := told or (rest if not alone or any(t.kind == "requests" for t in rest) else ()):
            yield note, every


def _foreign(note: Note, usages: Mapping[str, Usage]) -> bool:
    """Whether its title names a service that this cloud has not."""
    words = set(re.split(r"[-_.]", note.name.lower()))
    return bool(words & (deliverables() - set(usages)))


def _held(tie: Tie) -> bool:
    """Whether it holds for those too who have set no rule otherwise."""
    return tie.kind != "rule" or tie.what.endswith(("is set in a policy file", ROLES))


def ties(note: Note, usage: Usage) -> tuple[Tie, ...]:
    """What of the cloud the note is about; empty if nothing is known to be."""
    if note.section in _ASK_NOTHING or note.section.startswith("only in") or not usage.parts:
        return ()
    text = " ".join(note.text.split())
    words = tuple(dict.fromkeys(_QUOTED.findall(_without_instead(text))))
    within = frozenset(normal(section) for section in _NAMED_SECTION.findall(text))
    options = dict.fromkeys((*words, *_PROSE.findall(_without_instead(text))))
    places = tuple(dict.fromkeys(at for word in options for at in usage.places(word, within)))
    found = [*_options(places, usage), *_rules(text, usage)]
    if note.section == "upgrade":
        found += _refused(text)
    if not _OPTIONAL.search(text):
        # What is deprecated and not set concerns nobody.
        found += _defaults(places, usage) if note.section != "deprecations" else []
        found += [*_programs(note.section, text, words, usage)]
        found += [*_sections(text, usage), *_tables(text, usage), *_wanted(text, words, usage)]
        found += [*_new_programs(text), *_roles(note.section, text, usage)]
        found += _keys(words, usage)
        found += _calls(text, usage) if note.section in _ASKS else []
    return tuple(dict.fromkeys((*found, *_pythons(text, usage))))


def _names_something(word: str) -> bool:
    return bool(_SPELLED.match(word) or _BARE.match(word) or _RULE.fullmatch(word))


def _options(places: Iterable[Place], usage: Usage) -> Iterator[Tie]:
    """Options that a file sets."""
    for at in places:
        if at in usage.settings and _is_option(at, usage):
            yield Tie("option", f"[{at[0]}] {at[1]} is set in {usage.settings[at]}")


def _defaults(places: Iterable[Place], usage: Usage) -> Iterator[Tie]:
    """Options that nobody sets, and whose default is another in the new release."""
    old, new = usage.scopes
    for at in places:
        before, after = old.current.get(at), new.current.get(at)
        if at in usage.settings or not before or not after or not usage.own(at):
            continue
        if _default(before) != _default(after):
            words = f"{_default(before)} becomes {_default(after)}"
            yield Tie("default", f"[{at[0]}] {at[1]} is not set: {words}")


def _rules(text: str, usage: Usage) -> Iterator[Tie]:
    """Rules whose default changes, or that a policy file here sets."""
    policies = "\n".join(t for path, t in usage.texts.items() if "policy" in path)
    for name in dict.fromkeys(_RULE.findall(text)):
        if re.search(rf"^\s*[\"']?{re.escape(name)}[\"']?\s*:", policies, re.M):
            yield Tie("rule", f"{name} is set in a policy file")
        elif name in usage.rules:
            yield Tie("rule", f"{name} is not set, and its default changes")


def _programs(section: str, text: str, words: Iterable[str], usage: Usage) -> Iterator[Tie]:
    """Parts that run and are named, where the note is about upgrades or about a default."""
    if section not in _ASKS and not _DEFAULTS.search(text):
        return
    if _STARTED.search(text):
        every = "\n".join(usage.texts.values())
        named = [word for word in words if re.search(rf"/bin/{re.escape(word)}(?![\w-])", every)]
        yield from (Tie("program", f"the script {word} is used") for word in named)
        return
    if (driven := _DRIVERS.findall(text)) and not usage.driven_by(driven):
        return
    for part in sorted(usage.parts):
        if re.search(rf"(?<![\w-]){re.escape(part)}(?![\w-])", text):
            yield Tie("program", f"{part} runs")


def _sections(text: str, usage: Usage) -> Iterator[Tie]:
    """Sections that a note wants configured and no file has."""
    for section in dict.fromkeys(_SECTION_WANTED.findall(text)):
        if section not in usage.sections:
            yield Tie("section", f"no file of {usage.service} has the section [{section}]")


def _keys(words: Iterable[str], usage: Usage) -> Iterator[Tie]:
    """Settings of whatever else serves it, such as uWSGI or Django."""
    for at in ((section, word) for word in words for section in usage.sections):
        if at in usage.settings and content_of(usage.settings[at]) is Content.OTHER:
            yield Tie("setting", f"{at[1]} is set in {usage.settings[at]}")


def _wanted(text: str, words: Iterable[str], usage: Usage) -> Iterator[Tie]:
    """Settings that a note demands of what serves it, and that a file of it lacks."""
    for section, name in (
        (m.groups() for word in words if (m := _ASSIGNED.match(word))) if _WANTED.search(text) else ()
    ):
        for path, content in sorted(usage.texts.items()):
            here = dict(_places(content)) if content_of(path) is Content.OTHER else {}
            named = section or next((s for s in here if s in text.lower()), "")
            if named in here and (named, name) not in set(_places(content)):
                yield Tie("setting", f"{name} is not set in {path}")


def _new_programs(text: str) -> Iterator[Tie]:
    """Programs that have to run beside those that do."""
    yield from (
        Tie("program", f"{name} has to run") for name in _NEW_PROGRAM.findall(text) if name in parts()
    )


def _roles(section: str, text: str, usage: Usage) -> Iterator[Tie]:
    """What is said of roles in general, where rules let in others and no file sets any."""
    named = _RULE.search(text) and not _PERSONA.search(text)
    if section in ("features", "upgrade") and usage.rules and not named and _ROLES.search(text):
        yield Tie("rule", f"{len(usage.rules)} {ROLES}")


def _refused(text: str) -> Iterator[Tie]:
    """What was granted before and may not be from now on, whoever asks."""
    if found := _REFUSED.search(text):
        yield Tie("requests", f"whoever uses it may meet this: “{found[0]}”")


def _calls(text: str, usage: Usage) -> Iterator[Tie]:
    """Versions of calls, where parts of two releases may be on one broker."""
    if usage.on_the_bus and _CALLS.search(text):
        yield Tie("calls", f"parts of {usage.service} call each other through the broker")


def _tables(text: str, usage: Usage) -> Iterator[Tie]:
    """Tables that are converted."""
    if _TABLE.search(text):
        yield Tie("table", f"a table of {usage.service} gets another character set")


def _pythons(text: str, usage: Usage) -> Iterator[Tie]:
    """Hosts whose Python is too old."""
    for major, minor in _PYTHON.findall(text):
        old = sorted(p for p in usage.pythons if p < (int(major), int(minor)))
        yield from (Tie("python", f"a host has Python {a}.{b}") for a, b in old)


def _is_option(at: Place, usage: Usage) -> bool:
    old, new = usage.scopes
    return any(scope.own(at) or scope.other(at) or _templated(at, scope) for scope in (old, new))


def _templated(at: Place, scope: Scope) -> bool:
    """Whether it is an option of a section that operators name, such as cinder's backends."""
    return any((section, at[1]) in scope.current for section in scope.templates)


def _default(options: tuple[Option, ...]) -> str:
    return str(options[0].default)


def _without_instead(text: str) -> str:
    """The text without sentences that recommend something instead."""
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z`*])", text)
    return " ".join(s for s in sentences if "instead" not in s.lower())


def _places(text: str) -> Iterator[tuple[str, str]]:
    """Section and name of everything a file sets; of a file that is no INI file, the names before `=`."""
    try:
        for one in ini.settings(text):
            yield one.section, one.name
    except ini.Broken:
        for name in re.findall(r"^([\w-]+)\s*=", text, re.M):
            yield "DEFAULT", name
