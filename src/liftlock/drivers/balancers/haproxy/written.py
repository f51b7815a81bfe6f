"""The operator's haproxy.cfg with green beside blue: what is added, taken out and left alone. Nothing here does I/O.

Everything of ours is a block between two marker comments or a word with a marker behind it, so that taking it out gives
back the operator's text, with whatever the operator changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from liftlock.drivers.balancers.haproxy.sections import (
    Section,
    above,
    code,
    directive,
    in_force,
    sections,
    words,
)
from liftlock.errors import BadInput, Refused
from liftlock.ports.traffic import Server

_BEGIN, _END = "# liftlock begin", "# liftlock end"
_BACKUP = " backup #liftlock"
_FALLS_BACK = "observe layer4 error-limit 1 on-error mark-down weight 0"
"""docs/measured.md: what let only requests in flight fail when green was killed. Weight 0: the share alone decides."""
_WITH_VALUE_NOT_GREENS = (
    "weight",
    "cookie",
    "id",
    "track",
    "observe",
    "error-limit",
    "on-error",
    "addr",
    "agent-addr",
)
_NOT_GREENS = ("backup", "disabled", "enabled")
_STICKS = ("cookie", "stick", "use-server", "server-template")
_LOT = "txn.liftlock_lot"
_SEAT = "txn.liftlock_seat"
_SHARE = "txn.liftlock_share"
_ASSET = "{ path_sub /static/ }"
"""Django's `STATIC_URL` is below horizon's WEBROOT, which distributions set to `/`, `/horizon/` or `/dashboard/`."""
REMEMBERED = "60s"
"""How long after a page of green its assets are asked of green, whatever the share is.

Seen on a machine that could not follow: with 10 s, 14 of 7,448 assets were asked of a blue that had them not.
"""


@dataclass(frozen=True, slots=True)
class WrittenServer:
    """A server line of the file."""

    name: str
    backup: bool
    green: bool
    """Whether the line is ours."""
    address: str
    """`10.0.0.3:5000`, as written."""


def servers(text: str, backend: str) -> tuple[WrittenServer, ...]:
    """The backend's servers in the file's order; none if there is no such backend."""
    lines = text.split("\n")
    section = _find(lines, backend)
    return tuple(_servers(lines, section)) if section else ()


def greens(text: str, backend: str) -> tuple[Server, ...]:
    """Green's servers in the file; none if it is not armed for this backend."""
    found = []
    for one in servers(text, backend):
        if one.green:
            address, _, port = one.address.rpartition(":")
            found.append(Server(one.name, address, int(port)))
    return tuple(found)


def anything_armed(text: str) -> bool:
    """Whether any backend of the file has green servers of ours."""
    return any(line.strip().startswith(f"{_BEGIN} backend") for line in text.split("\n"))


def untouched(text: str) -> bool:
    """Whether nothing of ours is in the file."""
    return _BEGIN not in text and _BACKUP not in text


def state_file(text: str) -> str:
    """Where HAProxy reads its servers' state at a reload; empty if the file does not say."""
    lines = text.split("\n")
    path, folder = "", ""
    for section in sections(lines):
        if section.kind == "global":
            path = (directive(lines, section, "server-state-file") or ["", path])[1]
            folder = (directive(lines, section, "server-state-base") or ["", folder])[1]
    return f"{folder}/{path}" if path and folder and not path.startswith("/") else path


def armed(
    text: str, backend: str, green: Sequence[Server], *, share_map: str, state: str, browsed: bool = False
) -> str:
    """The file with green's servers in `backend` and its state kept over reloads in `state`.

    `browsed`: browsers load pages from it, whose assets are then asked of the colour that served the page.
    Raises `BadInput` when there is no such backend and `Refused` when it cannot be shared between two colours.
    """
    lines = text.split("\n")
    section = _find(lines, backend)
    if section is None:
        raise BadInput(
            f"the balancer's configuration has no backend `{backend}`",
            hint="say under `balancer: backends:` in the cloud file which backend serves the service",
        )
    blue = [one for one in _servers(lines, section) if not one.green]
    _refuse_what_cannot_be_shared(lines, section, blue, green)
    last = max(i for i in range(section.first, section.end) if words(lines[i])[:1] == ["server"])
    indent = lines[last][: len(lines[last]) - len(lines[last].lstrip())]
    block = [
        f"{indent}{line}"
        for line in _block(lines, section, blue, green, share_map=share_map, browsed=browsed)
    ]
    for i in range(section.first + 1, section.end):
        spoken = words(lines[i])
        if spoken[:1] == ["server"] and "backup" not in spoken:
            kept = code(lines[i]).rstrip()
            lines[i] = kept + _BACKUP + lines[i][len(kept) :]
    lines[last + 1 : last + 1] = block
    return _reload_safe("\n".join(lines), state)


def disarmed(text: str, backend: str) -> str:
    """The file as it was before `armed`, except for what keeps reloads safe: see `bare`."""
    lines = text.split("\n")
    section = _find(lines, backend)
    if section is None:
        return text
    body = [line.replace(_BACKUP, "") for line in _without_blocks(lines[section.first : section.end])]
    return "\n".join(lines[: section.first] + body + lines[section.end :])


def settled(text: str, backend: str) -> str:
    """The file with green's servers as the only ones and ordinary ones, except for what keeps reloads safe.

    The text itself if green is not there: blue's servers are never the ones to go alone.
    """
    lines = text.split("\n")
    section = _find(lines, backend)
    ours = {one.name for one in _servers(lines, section) if one.green} if section else set()
    if section is None or not ours:
        return text
    body = lines[section.first : section.end]
    new = [line.replace(f" {_FALLS_BACK}", "") for line in body if _name(line) in ours]
    blue = [i for i, line in enumerate(body) if _name(line) and _name(line) not in ours]
    at = blue[0] if blue else len(body)
    body[at:at] = new
    body = [line for line in _without_blocks(body) if _name(line) in ("", *ours)]
    return "\n".join(lines[: section.first] + body + lines[section.end :])


def bare(text: str) -> str:
    """The file without anything of ours in `global` and `defaults`."""
    lines = text.split("\n")
    kept: list[str] = []
    end = 0
    for section in sections(lines):
        kept += lines[end : section.first]
        body = lines[section.first : section.end]
        kept += _without_blocks(body) if section.kind in ("global", "defaults") else body
        end = section.end
    return "\n".join(kept + lines[end:])


def _find(lines: Sequence[str], backend: str) -> Section | None:
    return next((s for s in sections(lines) if s.kind in ("backend", "listen") and s.name == backend), None)


def _name(line: str) -> str:
    spoken = words(line)
    return spoken[1] if spoken[:1] == ["server"] else ""


def _servers(lines: Sequence[str], section: Section) -> Iterator[WrittenServer]:
    ours = False
    for line in lines[section.first + 1 : section.end]:
        ours = (ours or line.strip().startswith(_BEGIN)) and not line.strip().startswith(_END)
        spoken = words(line)
        if spoken[:1] == ["server"]:
            yield WrittenServer(spoken[1], "backup" in spoken[3:], ours, spoken[2])


def _without_blocks(lines: Sequence[str]) -> list[str]:
    kept, ours = [], False
    for line in lines:
        ours = ours or line.strip().startswith(_BEGIN)
        if not ours:
            kept.append(line)
        ours = ours and not line.strip().startswith(_END)
    return kept


def _refuse_what_cannot_be_shared(
    lines: Sequence[str], section: Section, blue: Sequence[WrittenServer], green: Sequence[Server]
) -> None:
    mode = in_force(lines, section, "mode") or ["mode", "tcp"]
    sticks = next((s for word in _STICKS if (s := directive(lines, section, word))), None)
    state = directive(lines, section, "load-server-state-from-file")
    checked = in_force(lines, section, "option", "httpchk")
    taken = {one.name for one in blue} & {one.name for one in green}
    problem = hint = ""
    if not blue or not green:
        problem, hint = "has no servers to share requests between", "name the servers of both colours"
    elif taken:
        problem, hint = (
            f"already has a server named {', '.join(sorted(taken))}",
            "give green's servers other names",
        )
    elif mode[1] != "http":
        problem, hint = "is not in HTTP mode: its requests cannot be told apart", "set `mode http` in it"
    elif sticks:
        problem = f"keeps clients on one server by itself (`{' '.join(sticks)}`): they would not follow"
        hint = "keep sessions where both colours find them (memcached) and take that line out"
    elif checked is None or checked[0] == "no":
        problem = "has no HTTP health check: an API that listens before it can serve would be taken for ready"
        hint = "add `option httpchk` with a path that answers 2xx or 3xx"
    elif state and state[-1] != "global":
        problem = f"reads its servers' state elsewhere (`{' '.join(state)}`)"
        hint = "use `load-server-state-from-file global`, or take the line out"
    if problem:
        raise Refused(f"the balancer's backend `{section.name}` {problem}", hint=hint)


def _block(
    lines: Sequence[str],
    section: Section,
    blue: Sequence[WrittenServer],
    green: Sequence[Server],
    *,
    share_map: str,
    browsed: bool,
) -> Iterator[str]:
    yield f"{_BEGIN} backend {section.name}: green beside blue; leave these lines to liftlock"
    for line in ("option redispatch 1", "retries 3", "retry-on conn-failure"):
        if not in_force(lines, section, *_subject(line)):
            yield line
    if in_force(lines, section, "option", "prefer-last-server"):
        yield "no option prefer-last-server"
    # One backup serves alone unless told otherwise (configuration manual, `option allbackups`).
    if sum(not one.backup for one in blue) > 1:
        yield "option allbackups"
    state = in_force(lines, section, "load-server-state-from-file")
    if above(lines, section) is None or (state and state[-1] != "global"):
        yield "load-server-state-from-file global"
    yield from _lots(section.name, share_map)
    if browsed:
        yield from _assets_follow(lines, section, [one.name for one in green])
    yield from _seats([one.name for one in green])
    options = _options_for_green(lines, section)
    for one in green:
        yield f"server {one.name} {one.address}:{one.port} {options} {_FALLS_BACK}"
    yield f"{_END} backend {section.name}"


def _lots(backend: str, share_map: str) -> Iterator[str]:
    """Rules: every request draws a lot in 0..99, the same for the same token."""
    yield f"http-request set-var({_SHARE}) str({backend}),map_str_int({share_map},0)"
    # Without an identity (a login) the lot is drawn; horizon's users are told apart by their session.
    yield f"http-request set-var({_LOT}) rand(100)"
    for known in ("req.cook(sessionid)", "req.hdr(X-Auth-Token)"):
        yield f"http-request set-var({_LOT}) {known},xxh32,mod(100) if {{ {known} -m len ge 1 }}"


def _assets_follow(lines: Sequence[str], section: Section, names: Sequence[str]) -> Iterator[str]:
    """Rules: as long as green may have served the page, an asset is asked of green first, then of blue.

    Pages name their assets by a hash that the other release does not have, and login pages carry no identity: behind
    one address may be many clients, and one client may keep connections to a worker that knows no green. HAProxy 2.6
    configuration manual, `retry-on` (only what may be asked twice: assets), `disable-l7-retry`, `nbsrv`: green's weight
    is 0, so only blue is counted, and serves what is asked again.
    """
    words = in_force(lines, section, "retry-on") or ["retry-on", "conn-failure"]
    yield f"{' '.join(words)} 404"
    yield f"http-request disable-l7-retry unless {_ASSET} {{ method GET HEAD }} {{ nbsrv ge 1 }}"
    yield f"http-request set-var({_SHARE}) int(100) if {_ASSET} {{ var({_SHARE}) -m int gt 0 }}"
    # After the way back: for a while where the client's address had a page from green. Nothing where the operator has
    # the backend's one table or tracks by every counter.
    free = next((n for n in (2, 1, 0) if not any(f"track-sc{n}" in code(line) for line in lines)), None)
    if free is None or directive(lines, section, "stick-table"):
        return
    yield f"stick-table type ipv6 size 100k expire {REMEMBERED} store gpc0_rate({REMEMBERED})"
    yield f"http-request track-sc{free} src unless {_ASSET}"
    # By who answered, not who was meant to: a dead server's requests are answered by the other colour.
    yield f"http-response sc-inc-gpc0({free}) if {{ srv_name {' '.join(names)} }}"
    yield f"http-request set-var({_SHARE}) int(100) if {_ASSET} {{ src_gpc0_rate gt 0 }}"


def _seats(names: Sequence[str]) -> Iterator[str]:
    """Rules: a request whose lot is below the share goes to green."""
    below = f"{{ var({_LOT}),sub({_SHARE}) lt 0 }}"
    if len(names) > 1:
        # Not by token: one service user's token may carry most of the requests.
        yield f"http-request set-var({_SEAT}) rand({len(names)})"
        for seat, name in enumerate(names):
            yield f"use-server {name} if {below} {{ var({_SEAT}) -m int eq {seat} }}"
    # A rule whose server is down is passed over (configuration manual, `use-server`): the next green, then blue.
    for name in names:
        yield f"use-server {name} if {below}"


def _subject(line: str) -> list[str]:
    """What a directive is about, without what it sets."""
    return line.split()[: 2 if line.startswith("option") else 1]


def _options_for_green(lines: Sequence[str], section: Section) -> str:
    """How the first server of blue is checked and spoken to, without what is about that one server."""
    first = next(words(line) for line in lines[section.first + 1 : section.end] if _name(line))
    options, rest = [], iter(first[3:])
    for word in rest:
        if word in _WITH_VALUE_NOT_GREENS:
            next(rest, None)
        elif word not in _NOT_GREENS:
            options.append(word)
    return " ".join(options if "check" in options else ["check", *options])


def _reload_safe(text: str, state: str) -> str:
    """The file so that a reload keeps servers' states, weights and clients' kept-alive connections."""
    lines = text.split("\n")
    for section in reversed(list(sections(lines))):
        ours: list[str] = []
        if section.kind == "global" and not state_file(text):
            ours = [f"server-state-file {state}"]
        if section.kind == "defaults":
            # Without the second, HAProxy since 2.4 closes idle connections at once: a request just sent on one is lost.
            for line in ("load-server-state-from-file global", "option idle-close-on-response"):
                if not in_force(lines, section, *_subject(line)):
                    ours.append(line)
        if ours:
            block = [
                f"{_BEGIN} {section.kind}: leave these lines to liftlock",
                *ours,
                f"{_END} {section.kind}",
            ]
            lines[section.first + 1 : section.first + 1] = [f"    {line}" for line in block]
    return "\n".join(lines)
