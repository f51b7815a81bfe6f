"""Green's configuration is blue's, with what the target release calls otherwise or no longer has."""

from __future__ import annotations

from pathlib import Path

from tests.sites import GREEN, sim_session

from liftlock import ini
from liftlock.engine.state import Standing
from liftlock.flow.command.requests import ask
from liftlock.flow.plan import plan
from liftlock.flow.run import run
from liftlock.plan.text import text
from liftlock.ports.journal import RequestKind
from liftlock.sim.cloud import SimCloud

NOVA = "/etc/nova/nova.conf"
BLUES = "[DEFAULT]\n\n[api]\n# ours\nauth_strategy = keystone\nneutron_default_tenant_id = abc\n"


def test_green_gets_blues_options_under_their_new_names_and_blue_keeps_its_own(tmp_path: Path) -> None:
    cloud = SimCloud.tiny()
    cloud.hosts["ctl-blue"].files[NOVA] = BLUES
    session = sim_session(tmp_path, cloud, more=GREEN)
    made, _ = plan(session.site, "2026.1")
    told = {(d.path, d.place): d for d in made.differences}
    assert told[NOVA, "[api] auth_strategy"].after == ""
    assert "no longer has it" in told[NOVA, "[api] auth_strategy"].because
    assert told[NOVA, "[api] neutron_default_tenant_id"].after == "neutron_default_project_id = abc"
    assert "neutron_default_project_id = abc" in text(made)
    now = session.site.hands.clock.now()
    ask(session.journal, RequestKind.APPROVE, who="rey", at=now, plan=made, gate="start")
    assert run(session, made).standing is Standing.WAITING
    green = cloud.hosts["ctl-green"].files[NOVA]
    assert ini.value(green, "api", "neutron_default_project_id") == "abc"
    assert ini.values(green, "api", "auth_strategy") == ()
    assert "# ours\n" in green
    assert cloud.hosts["ctl-blue"].files[NOVA] == BLUES
