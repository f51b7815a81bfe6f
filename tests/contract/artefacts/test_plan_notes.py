"""A plan with the release notes of made-up releases: those about what the cloud has, and how many were read."""

from __future__ import annotations

from pathlib import Path

from liftlock.drivers.artefacts.released import ReleasedArtefacts
from liftlock.flow.plan import plan
from liftlock.knowledge.catalogue import releases
from liftlock.plan.text import text
from liftlock.sim.cloud import SimCloud
from tests.contract.artefacts.small_index import SmallIndex
from tests.sites import sim_site

MATTERS = "upgrade:\n  - |\n    The option ``[DEFAULT] host`` means more.\n"
DOES_NOT = "upgrade:\n  - |\n    The option ``[quota] instances`` means more.\n"


def test_a_plan_names_the_notes_that_are_about_what_the_cloud_has(index: SmallIndex, tmp_path: Path) -> None:
    before, after = (releases()[s].versions["nova"] for s in ("2025.1", "2026.1"))
    index.release("nova", before, {"releasenotes/notes/a.yaml": "fixes: [old]"}, {})
    notes = {"releasenotes/notes/b.yaml": MATTERS, "releasenotes/notes/c.yaml": DOES_NOT}
    index.release("nova", after, notes, {})
    site = sim_site(tmp_path, SimCloud.tiny())
    made, _ = plan(site, "2026.1", shelf=ReleasedArtefacts(offline=False))
    assert made.brief
    (one,) = made.brief.notes
    assert (one.service, one.section, one.name) == ("nova", "upgrade", "b.yaml")
    assert one.ties == ("[DEFAULT] host is set in /etc/nova/nova.conf",)
    printed = text(made)
    assert "1 of 3 release notes name something this cloud has" in printed
    assert "“The option ``[DEFAULT] host`` means more.”\n    b.yaml\n" in printed
    without, _ = plan(site, "2026.1")
    assert "nobody looked: `liftlock plan --notes` reads them" in text(without)
