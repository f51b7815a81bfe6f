"""Asks the real oslo.policy about every rule that liftlock ships, and compares with `knowledge/policy_reach.py`.

    uv venv /tmp/policies && uv pip install -p /tmp/policies oslo.policy
    python tools/policies.py /tmp/policies/bin/python

Code 1 if one answer differs. What is neither yes nor no for us is not asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.option_hop import scope
from liftlock.knowledge.policy_reach import IMPLIED, PEOPLE, lets_in
from liftlock.knowledge.release_facts import facts_of, shipped

ASK = r"""
import json, re, sys
from oslo_config import cfg
from oslo_policy import _checks, _parser, policy
asked = json.load(sys.stdin)
same = differ = 0
for one in asked["services"]:
    enforcer = policy.Enforcer(cfg.ConfigOpts(), use_conf=False)
    enforcer.rules = policy.Rules({name: _parser.parse_rule(text) for name, text in one["rules"].items()})
    keys = {key for text in one["rules"].values() for key in re.findall(r"%\(([^)]*)\)s", text)}
    for name, person, said in one["told"]:
        role, own = person["role"], person["own"]
        ours, theirs = {"project_id": "p", "tenant_id": "p", "user_id": "u"}, {"project_id": "q", "tenant_id": "q", "user_id": "v"}
        target = {key: (ours if own else theirs).get(re.split("[.:]", key)[-1], "x") for key in keys}
        who = {**ours, "roles": asked["implied"][role], "is_admin": role == "admin", "is_admin_project": True,
               "system_scope": None, "service_roles": ["service"] if role == "service" else []}
        got = bool(_checks._check(enforcer.rules[name], target, who, enforcer, name))
        same, differ = same + (got == said), differ + (got != said)
        if got != said:
            print(f"{one['of']} {name}: {role}, own {own}: oslo.policy says {got}, liftlock {said}")
print(f"{same} answers are the same, {differ} differ")
sys.exit(bool(differ))
"""  # noqa: E501  (a program for another Python)


def main() -> None:
    """Ask, and end with the other program's code."""
    asked = []
    for series in shipped():
        for service in services():
            rules = scope(facts_of(series), service).rules
            told = [
                (name, asdict(person), said)
                for name, rule in rules.items()
                for person in PEOPLE
                if (said := lets_in(rule.check, rules, person)) is not None
            ]
            checks = {name: rule.check for name, rule in rules.items()}
            asked.append({"of": f"{series} {service}", "rules": checks, "told": told})
    wish = json.dumps({"services": asked, "implied": IMPLIED})
    sys.exit(subprocess.run([sys.argv[1], "-c", ASK], input=wish, text=True, check=False).returncode)


if __name__ == "__main__":
    main()
