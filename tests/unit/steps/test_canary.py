"""The verdict on green, from what both colours answered."""

from __future__ import annotations

import pytest

from liftlock.errors import StepFailed
from liftlock.ports.api import Sample
from liftlock.sim.cloud import SimCloud
from liftlock.steps.canary import MINIMUM, JudgeCanary, Verdict, judge

FINE = Sample(MINIMUM, 0, 40.0)


@pytest.mark.parametrize(
    ("blue", "green", "verdict"),
    [
        (FINE, FINE, Verdict.PASS),
        (FINE, Sample(MINIMUM, 0, 400.0), Verdict.PASS),
        (FINE, Sample(MINIMUM, 0, 500.0), Verdict.NOT_SURE),
        (FINE, Sample(MINIMUM, 1, 40.0), Verdict.FAIL),
        (Sample(MINIMUM, 2, 40.0), Sample(MINIMUM, 1, 40.0), Verdict.NOT_SURE),
        (Sample(MINIMUM, 1, 40.0), Sample(MINIMUM, 2, 40.0), Verdict.FAIL),
        (FINE, Sample(MINIMUM - 1, 0, 40.0), Verdict.NOT_SURE),
        (Sample(0, 0, 0.0), FINE, Verdict.NOT_SURE),
    ],
)
def test_green_passes_only_if_it_is_no_worse_and_enough_was_asked(
    blue: Sample, green: Sample, verdict: Verdict
) -> None:
    assert judge(blue, green)[0] is verdict


def test_a_verdict_that_is_not_good_leaves_the_decision_to_a_human() -> None:
    cloud = SimCloud.tiny()
    cloud.hands.services.stop("ctl-blue", "glance-api")
    with pytest.raises(StepFailed) as failed:
        JudgeCanary("glance", ("ctl-blue",), ("ctl-blue",)).execute(cloud.hands)
    assert "“not sure”: blue itself failed" in failed.value.what
    assert "resume" in failed.value.hint
