"""Change one thing in `engine/` at a time, and see whether a test notices.

`python tools/mutants.py [--json FILE] [--again | --since COMMIT] [--by TESTS] [MODULE …]`. The changes are mutmut's.
They are tried here: mutmut starts pytest for each of them; this collects the tests once, and tries each change in a
fork of its own, in the code of the one function it is in, by those tests alone that run its statement, quickest first.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import gc
import importlib
import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, groupby
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import libcst as cst
import pytest
from _pytest.runner import runtestprotocol
from coverage import Coverage
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT = Path(__file__).parents[1]
PACKAGE = "liftlock.engine"
FOLDER = ROOT.joinpath("src", *PACKAGE.split("."))
JUDGES = ("tests/unit/engine", "tests/golden/status/test_status.py")
"""The tests that say how the engine behaves, most of them in hundredths of a second."""
STORIES = ("tests/scenario/test_run_stories.py", "tests/scenario/test_after_a_return.py")
"""They take longer, and judge what acts as well."""
ACTS = ("course", "desk", "interrupt", "logbook", "runner")
CPU_S = 4
"""A change that makes a test work for longer, in seconds, is noticed: it goes round for ever."""
OFTEN = 5
"""Unless it took long before as well: so often what it took, and those seconds."""
WALL_S = 300
"""Likewise one that makes it wait, in seconds; long, since the machine may have others to serve."""
TICK_S = 10
"""It is counted in pieces of this many seconds: while the machine is stopped for all of us, one of them passes."""
TOLD = 250
"""Exit codes up to here are the place of the test that noticed, counted from 1."""
TOOK = pytest.StashKey[float]()
"""How long a test took while nothing was changed, in seconds."""


class Fate(StrEnum):
    """What became of a change."""

    KILLED = "killed"
    TIMEOUT = "timeouts"
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No test runs its statement."""


ALIVE = (Fate.SURVIVED, Fate.UNREACHED)


@dataclass(frozen=True)
class Mutant:
    """One change."""

    module: str
    function: str
    """`Fold.add`"""
    line: int
    statement: range
    """Lines of the statement that was changed."""
    source: str
    """Of the whole changed function, without decorators."""
    diff: str


@dataclass(frozen=True)
class Tried:
    """A change, and what became of it."""

    mutant: Mutant
    fate: Fate
    test: str = ""
    """That noticed."""


# --- the changes --------------------------------------------------------------------------------------------------


class Changes(MutationVisitor):
    """mutmut's, in properties as well: what is changed here is code alone, so their decorator stays as it is."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        return not isinstance(node, cst.FunctionDef) and super()._skip_node_and_children(node)


def mutants_of(module: str, text: str) -> Iterator[Mutant]:
    """Every change of the functions and methods in a module's text."""
    wrapper = MetadataWrapper(cst.parse_module(text))
    where = wrapper.resolve(PositionProvider)
    visitor = Changes(mutation_operators, IgnoredCode(set(), set(), set()))
    wrapper.visit(visitor)
    names, statements = dict(_functions(wrapper.module)), statements_of(text)
    for change in visitor.mutations:
        old, new, function = change.original_node, change.mutated_node, change.contained_by_top_level_function
        if function not in names or _only_case(old, new):
            continue
        before, after = _code(function), _code(deep_replace(function, old, new))
        line = where[old].start.line
        yield Mutant(module, names[function], line, statements[line], after, difference(before, after))


def _functions(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, str]]:
    for node in module.body:
        if isinstance(node, cst.FunctionDef):
            yield node, node.name.value
        elif isinstance(node, cst.ClassDef):
            for method in node.body.body:
                if isinstance(method, cst.FunctionDef):
                    yield method, f"{node.name.value}.{method.name.value}"


def _only_case(old: cst.CSTNode, new: cst.CSTNode) -> bool:
    """mutmut changes a string in three ways; who notices `XX` around it notices its capitals."""
    strings = isinstance(old, cst.SimpleString) and isinstance(new, cst.SimpleString)
    return strings and old.value.lower() == new.value.lower()  # type: ignore[attr-defined]


def _code(function: Any) -> str:
    return cst.Module([function.with_changes(decorators=(), leading_lines=())]).code


def difference(before: str, after: str) -> str:
    """The lines that differ, as `-` and `+`."""
    told = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return "\n".join(line for line in told if not line.startswith(("---", "+++", "@@")))


def statements_of(text: str) -> dict[int, range]:
    """Line -> lines of the innermost statement it is part of; of one with a body, of its head alone."""
    found: dict[int, range] = {}
    for node in ast.walk(ast.parse(text)):  # from the outside to the inside
        if isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
            lines = _span(node)
            found.update(dict.fromkeys(lines, lines))
    return found


def _span(node: Any) -> range:
    if isinstance(node, ast.FunctionDef):  # its head is run when it is defined, and stands for what it does
        return range(node.lineno, node.end_lineno + 1)
    first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    inner = (
        node.cases[0].pattern if isinstance(node, ast.Match) else next(iter(getattr(node, "body", ())), None)
    )
    return range(first, max(first + 1, inner.lineno) if inner else node.end_lineno + 1)


def put_in(mutant: Mutant, module: ModuleType) -> None:
    """Let the function do what the change says, whoever holds it."""
    made: dict[str, Any] = {}
    source = "from __future__ import annotations\n" + mutant.source
    exec(compile(source, str(module.__file__), "exec"), vars(module), made)  # noqa: S102  (that is what this is for)
    new, old = (
        next(v for v in made.values() if isinstance(v, FunctionType)),
        function_of(mutant.function, module),
    )
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def function_of(name: str, module: ModuleType) -> FunctionType:
    """The function or method, from below its decorator if it has one."""
    found: Any = module
    for part in name.split("."):
        found = vars(found)[part]
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    assert isinstance(found, FunctionType), name
    return found


Work = tuple[Mutant, list[int], list[int]]
"""A change, the tests to try it by, and the tests that noticed another change of its function, the last one first."""


# --- the tests ----------------------------------------------------------------------------------------------------


class Bench:
    """A pytest plugin: once the tests are collected, tries every change by those that run its statement."""

    def __init__(
        self,
        mutants: Sequence[Mutant],
        jobs: int,
        keep: Callable[[Sequence[Tried], Sequence[str]], object],
        by: Sequence[str] = (),
    ) -> None:
        """`keep` is given what became of a module's changes and by which tests; `by` are tests instead of all."""
        self._mutants = mutants
        self._jobs = jobs
        self._keep = keep
        acts = any(mutant.module in ACTS for mutant in mutants)
        self.judges = tuple(by) or ((*JUDGES, *STORIES) if acts else JUDGES)
        """What pytest is to collect."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests."""
        runs, quickest = undisturbed(session.items)
        gc.freeze()
        for module, mutants in groupby(self._mutants, key=lambda mutant: mutant.module):
            told_by = [
                n for n in quickest if module in ACTS or not session.items[n].nodeid.startswith(STORIES)
            ]
            work = list(work_on(mutants, runs.get(module, {}), told_by))
            tried = []
            for one in try_all(work, session.items, self._jobs):
                tried.append(one)
                if one.fate is not Fate.KILLED:
                    print(f"{one.fate}: {_named(_place(one.mutant))}", file=sys.stderr, flush=True)
            self._keep(tried, self.judges)
        return True


def work_on(
    mutants: Iterable[Mutant], runs: Mapping[int, set[int]], quickest: Sequence[int]
) -> Iterator[Work]:
    """Each change of a module with its judges."""
    noticed: dict[str, list[int]] = {}
    for mutant in mutants:
        judges = {n for line in mutant.statement for n in runs.get(line, ())}
        yield mutant, [n for n in quickest if n in judges], noticed.setdefault(mutant.function, [])


def undisturbed(items: Sequence[pytest.Item]) -> tuple[dict[str, dict[int, set[int]]], list[int]]:
    """Module -> line -> the tests that run it; and all tests, the quickest first. All must pass."""
    watched = Coverage(data_file=None, include=[str(FOLDER / "*.py")], config_file=False)
    watched.start()
    for number, item in enumerate(items):
        watched.switch_context(str(number))
        began = time.monotonic()
        if not passes(item):
            raise pytest.UsageError(f"{item.nodeid} fails although nothing was changed")
        item.stash[TOOK] = time.monotonic() - began
    watched.stop()
    data = watched.get_data()
    runs: dict[str, dict[int, set[int]]] = {}
    for path in data.measured_files():
        lines = data.contexts_by_lineno(path)
        runs[Path(path).stem] = {at: {int(n) for n in names if n} for at, names in lines.items()}
    return runs, sorted(range(len(items)), key=lambda n: items[n].stash[TOOK])


def passes(item: pytest.Item) -> bool:
    """Whether nothing is wrong with the test; one that is skipped has said nothing."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def try_all(work: Iterable[Work], items: Sequence[pytest.Item], jobs: int) -> Iterator[Tried]:
    """Some side by side; each ends by itself, whatever it does."""
    going: dict[int, tuple[Work, list[int]]] = {}
    sharp: Counter[int] = Counter()  # whoever noticed one change of the module is asked sooner about the next
    for one in work:
        mutant, judges, noticed = one
        if not judges:
            yield Tried(mutant, Fate.UNREACHED)
            continue
        if len(going) >= jobs:
            yield _ended(going, items, sharp)
        ours = set(judges)
        others = sorted((n for n in judges if n not in noticed), key=lambda n: -sharp[n])
        order = [n for n in noticed if n in ours] + others
        going[_fork(mutant, [items[n] for n in order])] = one, order
    while going:
        yield _ended(going, items, sharp)


def _ended(
    going: dict[int, tuple[Work, list[int]]], items: Sequence[pytest.Item], sharp: Counter[int]
) -> Tried:
    pid, status = os.wait()
    while pid not in going:  # a test of before left it behind
        pid, status = os.wait()
    (mutant, _, noticed), order = going.pop(pid)
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return Tried(mutant, Fate.SURVIVED)
    if code < 0:
        _kill(pid)
        return Tried(mutant, Fate.TIMEOUT)
    place = order[code - 1] if code < TOLD else None
    if place is None:
        return Tried(mutant, Fate.KILLED)
    sharp[place] += 1
    if place in noticed:
        noticed.remove(place)
    noticed.insert(0, place)
    return Tried(mutant, Fate.KILLED, items[place].nodeid)


def _kill(group: int) -> None:
    """What it started goes with it."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _fork(mutant: Mutant, judges: Sequence[pytest.Item]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = TOLD
    try:
        os.setpgid(0, 0)
        _silence()
        code = judged(mutant, judges)
    finally:
        os._exit(code)


def _limit(took_s: float) -> None:
    """What a test that takes `took_s` seconds may take from now on; the process ends with it if it takes longer."""
    ticks = count(1)

    def tick(*_: object) -> None:
        if next(ticks) >= WALL_S / TICK_S:
            os.kill(os.getpid(), signal.SIGKILL)

    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, TICK_S, TICK_S)
    until = math.ceil(time.process_time() + OFTEN * took_s) + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for one in (0, 1, 2):
        os.dup2(nowhere, one)


def judged(mutant: Mutant, judges: Sequence[pytest.Item]) -> int:
    """Place of the first test that fails, counted from 1; 0 if none does."""
    try:
        put_in(mutant, importlib.import_module(f"{PACKAGE}.{mutant.module}"))
    except Exception:  # it cannot even be loaded
        return TOLD
    for place, item in enumerate(judges, start=1):
        _limit(item.stash.get(TOOK, 0.0))
        try:
            if not passes(item):
                return min(place, TOLD)
        except BaseException:  # it ends all of pytest
            return min(place, TOLD)
    return 0


# --- the report ---------------------------------------------------------------------------------------------------


def report(
    tried: Sequence[Tried], judges: Sequence[str], known: Mapping[str, Any], *, again: bool
) -> dict[str, Any]:
    """What is known now: of these modules, or, `again`, of what survived in them before; of others as before."""
    if again:  # whoever ran its statement before may not be among the judges now
        reached = {_key(row) for row in known.get("survivors", ()) if row["reached"]}
        alive = [one.fate in ALIVE and _key(_place(one.mutant)) in reached for one in tried]
        tried = [
            Tried(one.mutant, Fate.SURVIVED) if yes else one for one, yes in zip(tried, alive, strict=True)
        ]
    modules = {one.mutant.module for one in tried}
    before = {row["module"]: row for row in known.get("modules", ())}
    why = {_key(row): row["why"] for row in known.get("survivors", ())}
    endless = [_place(one.mutant) for one in tried if one.fate is Fate.TIMEOUT]
    counts = {name: _counted(name, tried, judges, before[name] if again else {}) for name in modules}
    told = list(known.get("noticed since", ())) if again else _others(known, "noticed since", modules)
    return {
        "commit": _commit(),
        "modules": [row for _, row in sorted((before | counts).items())],
        "survivors": _others(known, "survivors", modules)
        + [_row(one, why) for one in tried if one.fate in ALIVE],
        "timeouts": _others(known, "timeouts", modules) + endless,
        "noticed since": told + [_noticed(one) for one in tried if again and one.fate is Fate.KILLED],
    }


def kept_up(
    tried: Sequence[Tried], judges: Sequence[str], known: Mapping[str, Any], now: Sequence[Mutant]
) -> dict[str, Any]:
    """What is known of modules that were written further: of these changes as they ended, of others as before.

    `now` are all changes that these modules have room for, those tried among them.
    """
    modules = {mutant.module for mutant in now}
    done = {_key(_place(one.mutant)) for one in tried}
    lines = {_key(_place(mutant)): mutant.line for mutant in now if _key(_place(mutant)) not in done}
    fresh = report(tried, judges, known, again=False)

    def rows(part: str) -> list[dict[str, Any]]:
        before = [row for row in known.get(part, ()) if row["module"] in modules and _key(row) in lines]
        return fresh[part] + [row | {"line": lines[_key(row)]} for row in before]

    found = fresh | {part: rows(part) for part in ("survivors", "timeouts", "noticed since")}
    before = {row["module"]: row["judges"] for row in known.get("modules", ())}
    for row in found["modules"]:
        if row["module"] in modules:
            alive = [one["reached"] for one in found["survivors"] if one["module"] == row["module"]]
            endless = sum(one["module"] == row["module"] for one in found["timeouts"])
            total = sum(mutant.module == row["module"] for mutant in now)
            row["judges"] = sorted({*before.get(row["module"], ()), *judges})
            row["mutants"], row["killed"] = total, total - len(alive) - endless
            row["timeouts"], row["survived"], row["unreached"] = endless, sum(alive), alive.count(False)
    return found


def _counted(
    module: str, tried: Sequence[Tried], judges: Sequence[str], before: Mapping[str, Any]
) -> dict[str, Any]:
    fates = Counter(one.fate.value for one in tried if one.mutant.module == module)
    if before:  # of two changes that look alike both are tried again if one has survived
        fates[Fate.KILLED.value] += before["mutants"] - fates.total()
    counts = {fate.value: fates[fate.value] for fate in Fate}
    by = sorted({*before.get("judges", ()), *judges})
    return {"module": module, "mutants": fates.total(), **counts, "judges": by}


def _others(known: Mapping[str, Any], part: str, modules: set[str]) -> list[dict[str, Any]]:
    return [row for row in known.get(part, ()) if row["module"] not in modules]


def _place(mutant: Mutant) -> dict[str, Any]:
    return {"module": mutant.module, "function": mutant.function, "line": mutant.line, "diff": mutant.diff}


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['module']}.{row['function']}, line {row['line']}:\n{row['diff']}"


def _row(one: Tried, why: Mapping[tuple[str, ...], str]) -> dict[str, Any]:
    place = _place(one.mutant)
    return place | {"reached": one.fate is Fate.SURVIVED, "why": why.get(_key(place), "")}


def _noticed(one: Tried) -> dict[str, Any]:
    """What survived once, and the test that notices it now."""
    return _place(one.mutant) | {"test": one.test}


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What stays the same when lines move."""
    return row["module"], row["function"], row["diff"]


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def chosen_mutants(
    modules: Sequence[str], known: Mapping[str, Any], *, again: bool, since: str = ""
) -> list[Mutant]:
    """All of these modules, or of all if none is named; `again`: those that survived, or went on for ever, before.

    `since`: those for which there was no room in this commit.
    """
    left = {_key(row) for part in ("survivors", "timeouts") for row in known.get(part, ())}
    paths = sorted(FOLDER.glob("*.py"))
    found = [m for p in paths if not modules or p.stem in modules for m in mutants_of(p.stem, p.read_text())]
    old = {
        _key(_place(m)) for name in {m.module for m in found} for m in mutants_of(name, _text(name, since))
    }
    return [m for m in found if (not again or _key(_place(m)) in left) and _key(_place(m)) not in old]


def _text(module: str, commit: str) -> str:
    """As it was then; empty for no commit."""
    if not commit:
        return ""
    place = FOLDER.joinpath(f"{module}.py").relative_to(ROOT)
    command = ["git", "show", f"{commit}:{place}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


class Report:
    """What is known, and the file it is kept in, if there is one."""

    def __init__(self, path: Path | None, *, again: bool, since: str = "") -> None:
        self._path = path
        self._again = again
        self._since = since
        self._tried: set[str] = set()
        self.known: dict[str, Any] = json.loads(path.read_text()) if path and path.exists() else {}

    def add(self, tried: Sequence[Tried], judges: Sequence[str]) -> None:
        """Keep what became of a module's changes, and print how many were noticed."""
        if self._since:
            now = chosen_mutants([tried[0].mutant.module], {}, again=False)
            self.known = kept_up(tried, judges, self.known, now)
        else:
            self.known = report(tried, judges, self.known, again=self._again)
        tried_once = {row["module"] for row in self.known["modules"]}
        self.known["not tried"] = sorted({path.stem for path in FOLDER.glob("[a-z]*.py")} - tried_once)
        if self._path:
            self._path.write_text(json.dumps(self.known, indent=1, ensure_ascii=False) + "\n")
        module = tried[0].mutant.module
        self._tried.add(module)
        row = next(row for row in self.known["modules"] if row["module"] == module)
        print(", ".join(f"{name} {count}" for name, count in row.items() if name != "judges"), flush=True)

    def unexplained(self) -> list[str]:
        """What nobody noticed of what was tried now, and no sentence says why."""
        rows = [
            row for row in self.known.get("survivors", ()) if row["module"] in self._tried and not row["why"]
        ]
        return [_named(row) for row in rows]


def main() -> int:
    """Print the table and what nobody noticed; the code is 1 when one of those has no explanation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep it here, with the explanations that are there"
    )
    parser.add_argument(
        "--again", action="store_true", help="only what no test ended before, as the file tells"
    )
    parser.add_argument(
        "--since", default="", metavar="COMMIT", help="only what could not be changed so then"
    )
    parser.add_argument("--by", action="append", default=[], metavar="TESTS", help="by these tests alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many side by side")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="state (default: all)")
    chosen = parser.parse_args()
    found = Report(chosen.json and chosen.json.absolute(), again=chosen.again, since=chosen.since)
    mutants = chosen_mutants(chosen.modules, found.known, again=chosen.again, since=chosen.since)
    bench = Bench(mutants, chosen.jobs, found.add, chosen.by)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    quiet = ["-q", "-s", "--tb=native", "-p", "no:cacheprovider", "-o", "tmp_path_retention_policy=failed"]
    broken = pytest.main([*quiet, "-m", "not lab", *bench.judges], plugins=[bench])
    print(*found.unexplained(), sep="\n\n")
    return int(bool(broken or found.unexplained()))


if __name__ == "__main__":
    sys.exit(main())
