"""The end of the story: nothing of the lab is left on the machine."""

from __future__ import annotations

import pytest

from liftlock.drivers.provisioners.nspawn.place import LabPlace
from tests.lab.story.operator import Operator
from tests.lab.test_hosts import traces

pytestmark = pytest.mark.lab


def test_down_leaves_no_process_mount_namespace_group_or_file(the_lab: Operator) -> None:
    place = LabPlace.from_environment()
    with the_lab.meanwhile("liftlock lab exec -- sleep 1000"):
        assert traces(place)
        the_lab.types("liftlock lab down").well()
    assert traces(place) == []
    told = the_lab.types("liftlock lab exec -- true")
    assert told.code != 0
    assert "liftlock lab up" in told.err
    the_lab.types("liftlock lab down").well()
