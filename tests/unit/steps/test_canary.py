"""The verdict on green, from what both colours answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from liftlock.errors import StepFailed
from liftlock.ports.api import CloudApi, Sample
from liftlock.sim.cloud import SimCloud
from liftlock.steps.canary import MINIMUM, JudgeCanary, Verdict, WarmUp, judge

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


class ColdApi:
    """An API that answers only from a certain measurement on."""

    def __init__(self, warm_after: int) -> None:
        self.warm_after = warm_after
        self.measured = 0

    def sample(self, service: str, hosts: Sequence[str], requests: int) -> Sample:
        self.measured += 1
        return Sample(requests, 0 if self.measured > self.warm_after else 1, 30.0)


def test_users_requests_are_not_the_first_that_green_gets() -> None:
    hands = SimCloud.tiny().hands
    cold = ColdApi(warm_after=3)
    said = WarmUp("heat", ("ctl-green",)).execute(replace(hands, api=cast("CloudApi", cold)))
    assert (said, cold.measured) == ("8 answers in a row, median 30 ms (measurement 4)", 4)


def test_a_green_that_never_warms_up_gets_no_request() -> None:
    cloud = SimCloud.tiny()
    cloud.hands.services.stop("ctl-blue", "glance-api")
    with pytest.raises(StepFailed) as failed:
        WarmUp("glance", ("ctl-blue",)).execute(cloud.hands)
    assert "green answers 0 of 8" in failed.value.what
    assert failed.value.now == "no request of users was sent to it"
