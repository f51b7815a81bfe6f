"""The files of one service rewritten for another release; comments, order and values stay.

Two rules keep the operator safe. An option goes only if the old release knew it at that very place and the new one,
asked for the same list, does not: what neither lists may belong to a driver from elsewhere. And what an option means
today decides what it becomes: where it is read under a former name beside the new one, the new one counts, as it does
for oslo.config.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from liftlock import ini
from liftlock.blots import BLOT, blotted
from liftlock.cloud.adoption.model import Adopted, Change, Kind, Wording
from liftlock.cloud.adoption.sections import templates
from liftlock.cloud.adoption.values import complaint
from liftlock.errors import BadInput
from liftlock.knowledge.hop import Edit, Move
from liftlock.knowledge.option_hop import (
    Fate,
    Hop,
    Judgement,
    Place,
    changed_defaults,
    new_duties,
    normal,
    place,
)
from liftlock.knowledge.options import Option

MARK = "# liftlock: "
"""What lines begin with that adoption leaves for the operator."""


@dataclass(frozen=True)
class Files:
    """One service's files, with what is set in them."""

    service: str
    texts: Mapping[str, str]
    """Path -> text."""
    settings: Mapping[str, tuple[ini.Setting, ...]]
    templates: Mapping[str, str]

    def at(self, setting: ini.Setting) -> Place:
        """Where the setting's option is declared."""
        section = normal(setting.section)
        return self.templates.get(section, section), setting.name

    def set_places(self) -> set[Place]:
        """Every place at which something is set, as it is declared."""
        return {self.at(setting) for found in self.settings.values() for setting in found}


@dataclass
class Draft:
    """A file while it is being rewritten."""

    path: str
    settings: tuple[ini.Setting, ...]
    replaced: dict[int, tuple[str, ...]] = field(default_factory=dict)
    added: dict[str, list[str]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    taken: dict[Place, Place] = field(default_factory=dict)
    """Place that is set in the file once it is rewritten -> place of the setting that it comes from."""

    edits: dict[Edit | Move, None] = field(default_factory=dict)
    """The same as edits of single options, each once, in the order in which they have to be made."""

    def section(self, wanted: str) -> str:
        """The section as this file writes it."""
        names = {normal(s.section): s.section for s in self.settings}
        return names.get(normal(wanted), wanted)

    def note(self, kind: Kind, setting: ini.Setting, option: Option | None, after: str, because: str) -> None:
        """Keep a change of a setting."""
        secret = option is not None and option.secret
        told = Change(
            kind,
            self.path,
            f"[{setting.section}] {setting.name}",
            shown(setting.name, setting.value, secret=secret),
            after and shown(after, setting.value, secret=secret),
            because,
            setting.start + 1,
        )
        self.changes.append(told)


def read(service: str, texts: Mapping[str, str]) -> Files:
    """The service's files; raises `BadInput` for one that oslo.config would not read either."""
    settings = {}
    for path, text in texts.items():
        try:
            settings[path] = ini.settings(text)
        except ini.Broken as error:
            raise BadInput(
                f"{path}, line {error.line}: {error.what}",
                now="nothing was written",
                hint="correct that line: no service would read the file as it is",
            ) from None
    every = [setting for found in settings.values() for setting in found]
    return Files(service, texts, settings, templates(service, every))


def adopt(files: Files, hop: Hop, words: Wording, edits: Sequence[Edit] = ()) -> tuple[Adopted, ...]:
    """Every file of the service for the new release; `edits` are what the hop asks for by hand."""
    found = [_adopted(files, path, hop, words, edits) for path in files.texts]
    if found:
        about_all = tuple(_beneath(files, hop, words, found[0].path))
        found[0] = replace(found[0], changes=(*found[0].changes, *about_all))
    return tuple(found)


def where(setting: ini.Setting) -> Place:
    """Where the setting stands in its file."""
    return normal(setting.section), setting.name


def shown(name: str, value: str, *, secret: bool = False) -> str:
    """The setting as one line, secrets blotted out."""
    return f"{name} = {BLOT}" if secret else blotted(f"{name} = {' '.join(value.split())}")


def _adopted(files: Files, path: str, hop: Hop, words: Wording, edits: Sequence[Edit]) -> Adopted:
    text = files.texts[path]
    draft = Draft(path, files.settings[path])
    judged = [(setting, hop.judge(files.at(setting))) for setting in draft.settings]
    draft.taken = {where(s): where(s) for s, j in judged if j.fate is not Fate.RENAMED}
    for setting, judgement in _in_force_first(files, judged):
        _settle(files, draft, setting, judgement, words)
    if path == next(iter(files.texts)):
        _demand(files, draft, hop, words)
    after = ini.rewritten(text, draft.replaced, draft.added)
    after = _edited(draft, after, edits)
    changes = sorted(draft.changes, key=lambda c: c.line or len(text))
    return Adopted(path, text, after, tuple(changes), tuple(draft.edits))


def _in_force_first(
    files: Files, judged: Sequence[tuple[ini.Setting, Judgement]]
) -> list[tuple[ini.Setting, Judgement]]:
    """Of several former names of one option the one first that oslo.config reads: in the option's own order."""

    def rank(one: tuple[ini.Setting, Judgement]) -> int:
        setting, judgement = one
        if judgement.fate is not Fate.RENAMED or judgement.old is None:
            return -1
        at, old = files.at(setting), judgement.old
        former = [(normal(section or old.section), name) for section, name in old.aliases]
        return former.index(at) if at in former else -1

    return sorted(judged, key=rank)


def _settle(files: Files, draft: Draft, setting: ini.Setting, judgement: Judgement, words: Wording) -> None:
    match judgement.fate:
        case Fate.RENAMED:
            _rename(files, draft, setting, judgement, words)
        case Fate.REMOVED:
            _take_out(draft, setting, judgement.old, gone(judgement.old, words))
        case Fate.LOST:
            draft.note(Kind.UNKNOWN, setting, judgement.old, setting.name, lost(judgement.old, words))
        case Fate.STRANGE:
            because = f"neither {words.old} nor {words.new} lists it: a driver's option, or a slip of the pen"
            draft.note(Kind.STRANGE, setting, None, setting.name, because)
        case Fate.KEPT:
            _copy(files, draft, setting, judgement.homes, words)
            _judge_value(draft, setting, judgement.new, words)


def _rename(files: Files, draft: Draft, setting: ini.Setting, judgement: Judgement, words: Wording) -> None:
    home, *others = judgement.homes
    section = _home_section(files, draft, setting, home)
    at = (normal(section), home.name)
    if draft.taken.setdefault(at, where(setting)) != where(setting) and not home.multi:
        because = f"[{section}] {home.name}, which has taken its place, is set as well, and that is what counts today"
        _take_out(draft, setting, home, because)
        return
    because = f"{words.after(home.source.package)} calls it [{section}] {home.name}"
    draft.note(Kind.RENAMED, setting, home, home.name, because)
    if normal(section) == normal(setting.section):
        draft.replaced[setting.start] = setting.named(home.name)
    else:
        draft.replaced[setting.start] = (f"{MARK}{setting.name} is [{section}] {home.name} in {words.new}",)
        draft.added.setdefault(section, []).extend(setting.named(home.name))
    _copy(files, draft, setting, others, words)
    draft.edits[Move(draft.path, *setting.place, section, home.name, False, because)] = None
    _judge_value(draft, setting, home, words)


def _copy(files: Files, draft: Draft, setting: ini.Setting, homes: Sequence[Option], words: Wording) -> None:
    """Set options that were read from here too and no longer are."""
    for home in homes:
        section = _home_section(files, draft, setting, home)
        at = (normal(section), home.name)
        if draft.taken.setdefault(at, where(setting)) != where(setting) and not home.multi:
            continue
        draft.added.setdefault(section, []).extend(setting.named(home.name))
        because = (
            f"{words.after(home.source.package)} no longer reads [{setting.section}] {setting.name} for it"
        )
        draft.edits[Move(draft.path, *setting.place, section, home.name, True, because)] = None
        told = Change(
            Kind.COPIED,
            draft.path,
            f"[{section}] {home.name}",
            "",
            shown(home.name, setting.value, secret=home.secret),
            because,
            setting.start + 1,
        )
        draft.changes.append(told)


def _take_out(draft: Draft, setting: ini.Setting, option: Option | None, because: str) -> None:
    draft.replaced[setting.start] = (f"{MARK}taken out: {because}", *(f"# {line}" for line in setting.raw))
    draft.edits[Edit(draft.path, *setting.place, None, because)] = None
    draft.note(Kind.REMOVED, setting, option, "", because)


def _judge_value(draft: Draft, setting: ini.Setting, option: Option | None, words: Wording) -> None:
    if option is None:
        return
    if refused := complaint(option, setting.value):
        because = f"{words.after(option.source.package)} does not take the value: {refused}"
        draft.note(Kind.INVALID, setting, option, option.name, because)
    if option.leaving:
        since = f" since {option.since}" if option.since else ""
        why = f": {option.why}" if option.why else ""
        because = f"{words.after(option.source.package)} says it will go, deprecated{since}{why}"
        draft.note(Kind.DEPRECATED, setting, option, option.name, because)


def _demand(files: Files, draft: Draft, hop: Hop, words: Wording) -> None:
    """Ask for options without which the new release does not start."""
    taken = files.set_places() | draft.taken.keys()
    for option in new_duties(hop):
        name = f"[{option.section}] {option.name}"
        asked = f"{MARK}{words.new} does not start without {option.name} ({option.type}): set it here"
        if place(option) in taken or place(option)[0] in hop.new.templates:
            continue
        if asked not in files.texts[draft.path]:
            draft.added.setdefault(draft.section(option.section), []).append(asked)
        because = f"{words.after(option.source.package)} requires it, and has no default"
        draft.changes.append(Change(Kind.REQUIRED, draft.path, name, "", "", because))


def _edited(draft: Draft, text: str, edits: Sequence[Edit]) -> str:
    """What the hop asks for, whatever the release declares."""
    for edit in edits:
        before = ini.value(text, edit.section, edit.option)
        if edit.path != draft.path or before == edit.value:
            continue
        text = ini.edited(text, edit.section, edit.option, edit.value)
        told = Change(
            Kind.REMOVED if edit.value is None else Kind.ADDED,
            draft.path,
            f"[{edit.section}] {edit.option}",
            "" if before is None else shown(edit.option, before),
            "" if edit.value is None else shown(edit.option, edit.value),
            edit.because,
        )
        draft.changes.append(told)
    return text


def _beneath(files: Files, hop: Hop, words: Wording, path: str) -> Iterator[Change]:
    """Defaults that change and that no file of the service sets."""
    taken = files.set_places()
    for old, new in changed_defaults(hop):
        names = {place(old), place(new), *((normal(s or old.section), n) for s, n in old.aliases)}
        if names & taken:
            continue
        because = f"it is not set: {words.after(new.source.package)} has another default than {words.old}"
        name = f"[{new.section}] {new.name}"
        yield Change(Kind.DEFAULT, path, name, _default(old), _default(new), because)


def _default(option: Option) -> str:
    return "(none)" if option.default is None else option.default or "(empty)"


def _home_section(files: Files, draft: Draft, setting: ini.Setting, home: Option) -> str:
    """Where the option is set in this file: in the setting's own section, if that stands for the declared one."""
    if not home.section or normal(home.section) == files.at(setting)[0]:
        return setting.section
    return draft.section(home.section)


def gone(option: Option | None, words: Wording) -> str:
    """Why an option is taken out."""
    assert option is not None
    package = option.source.package
    if option.leaving:
        since = f" since {option.since}" if option.since else ""
        why = f": {option.why}" if option.why else ""
        return f"{words.after(package)} no longer has it; it was deprecated{since}{why}"
    return f"{words.after(package)} no longer has it; {words.before(package)} did not say that it would go"


def lost(option: Option | None, words: Wording) -> str:
    """Why nobody can say whether an option is still there."""
    assert option is not None
    source = option.source
    if source.package not in words.new_packages:
        return f"{source.package}, which read it in {words.old}, is no part of {words.new}"
    return f"the list `{source.name}` of {source.package} could not be read in {words.new}: see whether it is used"
