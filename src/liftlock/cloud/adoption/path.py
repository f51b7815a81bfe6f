"""A host's configuration taken along a path of releases, hop by hop. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from liftlock.cloud.adoption import options, policies
from liftlock.cloud.adoption.files import Content, content_of, service_of
from liftlock.cloud.adoption.model import Adopted, Wording
from liftlock.knowledge.hop import edits_for
from liftlock.knowledge.option_hop import Hop, scope
from liftlock.knowledge.options import Facts
from liftlock.knowledge.rule_hop import RuleHop


def adopt(texts: Mapping[str, str], path: Sequence[Facts]) -> tuple[Adopted, ...]:
    """Every file that oslo.config or oslo.policy reads, rewritten for the last release of the path.

    `texts`: path on the host -> text; other files are left out. Raises `BadInput` for a file that the services would
    not read as it is. Between releases that are not neighbours every release has its turn: a name that one knows as a
    former one may be unknown to the next.
    """
    found: dict[str, Adopted] = {}
    now = {name: text for name, text in sorted(texts.items()) if service_of(name) and is_read(name)}
    for old, new in pairwise(path):
        for service in sorted({service_of(name) for name in now}):
            mine = {name: text for name, text in now.items() if service_of(name) == service}
            for adopted in of_service(service, mine, old, new):
                found[adopted.path] = _joined(found.get(adopted.path), adopted)
                now[adopted.path] = adopted.after
    return tuple(found[name] for name in sorted(found))


def of_service(service: str, texts: Mapping[str, str], old: Facts, new: Facts) -> tuple[Adopted, ...]:
    """The service's files for the next release."""
    words = Wording(series(old), series(new), old.packages, new.packages)
    before, after = scope(old, service), scope(new, service)
    of_options = {name: text for name, text in texts.items() if content_of(name) is Content.OPTIONS}
    of_policy = {name: text for name, text in texts.items() if content_of(name) is Content.POLICY}
    files = options.read(service, options_in_order(of_options))
    adopted = options.adopt(files, Hop(before, after), words, edits_for(series(new)))
    rules = RuleHop(before, after)
    found = [policies.adopt(name, text, rules, words) for name, text in of_policy.items()]
    named = ("oslo_policy", "policy_file") in files.set_places()
    return (*adopted, *(file if named else policies.still_found(file, words) for file in found))


def options_in_order(texts: Mapping[str, str]) -> Mapping[str, str]:
    """The service's main file first, the ones nearest to its folder's top then."""
    return dict(sorted(texts.items(), key=lambda one: (one[0].count("/"), one[0])))


def is_read(name: str) -> bool:
    """Whether oslo.config or oslo.policy reads the file."""
    return content_of(name) is not Content.OTHER


def series(facts: Facts) -> str:
    """`2026.1` of `2026.1-91c04d7e3f2a`."""
    return facts.release.partition("-")[0]


def _joined(earlier: Adopted | None, later: Adopted) -> Adopted:
    if earlier is None:
        return later
    return Adopted(
        later.path,
        earlier.before,
        later.after,
        (*earlier.changes, *later.changes),
        (*earlier.edits, *later.edits),
    )
