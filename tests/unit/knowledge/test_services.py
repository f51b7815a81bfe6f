"""What every file in `knowledge/services/` tells."""

from __future__ import annotations

import pytest

from liftlock.knowledge.catalogue import services
from liftlock.knowledge.service import Service


@pytest.mark.parametrize("service", services().values(), ids=lambda s: s.name)
def test_a_service_can_be_asked_whether_its_api_works(service: Service) -> None:
    assert service.api() is not None
    assert (service.listing is None) == (service.name == "horizon"), "horizon alone is asked for a page"
