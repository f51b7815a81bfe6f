"""What makes each guard speak, and what leaves it silent."""

from __future__ import annotations

from math import inf

from liftlock import guards
from liftlock.discovery import modules_in
from liftlock.guards import error_budget, green_parts, green_servers
from liftlock.guards.duty import Budget, Duty, Watched, on_duty
from liftlock.ports.provisioner import HostOrder
from liftlock.sim.cloud import SimCloud

GREEN = "ctl-green"


def clouded() -> SimCloud:
    """A cloud with a green host whose nova runs."""
    cloud = SimCloud.tiny()
    hands = cloud.hands
    hands.provisioner.create(
        HostOrder(GREEN, "control-trixie", ("10.77.0.22",), hands.hosts.look("ctl-blue").release)
    )
    hands.likeness.copy("ctl-blue", GREEN, ("nova-api", "nova-conductor"), ("/etc/nova",), {}, ())
    for part in ("nova-api", "nova-conductor"):
        hands.services.start(GREEN, part)
    return cloud


SERVERS = Watched(1.0, servers={"nova": (GREEN,)})
PARTS = Watched(1.0, parts={GREEN: ("nova-api", "nova-conductor")})


def test_every_file_of_the_room_is_on_duty() -> None:
    budget = Budget(lambda since: (), lambda: 0.0)
    found = {look.__name__ for look in on_duty(Duty(SimCloud.tiny().hands, budget))}
    assert found == {module.__name__.rpartition(".")[2] for module in modules_in(guards)} - {"duty"}


def test_without_a_prober_nobody_counts_failures() -> None:
    assert error_budget.post(Duty(SimCloud.tiny().hands)) is None


def test_dead_servers_are_told_only_where_they_get_requests() -> None:
    cloud = clouded()
    look = green_servers.post(Duty(cloud.hands))
    assert look(SERVERS) is None
    unit = cloud.hosts[GREEN].units["nova-api"]
    unit.active = False
    assert look(SERVERS) is None
    unit.active = True
    assert look(SERVERS) is None
    unit.active = False
    assert look(SERVERS) is None
    reason = look(SERVERS)
    assert reason
    assert reason.fall_back
    assert reason.sentence == "the balancer finds dead: nova on ctl-green"
    assert look(Watched(1.0)) is None
    assert look(Watched(1.0, servers={"nova": ("another",)})) is None


def test_a_part_that_stopped_or_was_started_again_by_its_supervisor_is_told() -> None:
    cloud = clouded()
    look = green_parts.post(Duty(cloud.hands))
    assert look(PARTS) is None
    cloud.hosts[GREEN].units["nova-conductor"].restarts += 1
    reason = look(PARTS)
    assert reason
    assert reason.fall_back
    assert reason.sentence == "nova-conductor on ctl-green died and was started again"
    # Who goes on with the run has seen it: that count is the ordinary one now.
    assert look(Watched(2.0, parts=PARTS.parts)) is None
    cloud.hosts[GREEN].units["nova-conductor"].active = False
    reason = look(Watched(2.0, parts=PARTS.parts))
    assert reason
    assert reason.sentence == "nova-conductor on ctl-green does not run"


def test_a_budget_is_used_up_by_one_more_than_may_fail_since_the_run_was_set_going() -> None:
    failed = [(5.0, "nova server list: status 503"), (6.0, "heat stack list: cut")]
    asked = []

    def since(moment: float) -> tuple[str, ...]:
        asked.append(moment)
        return tuple(words for at, words in failed if at >= moment)

    hands = SimCloud.tiny().hands
    strict = error_budget.post(Duty(hands, Budget(since, lambda: 0.0)))
    lenient = error_budget.post(Duty(hands, Budget(since, lambda: 0.0, at_most=2)))
    home = error_budget.post(Duty(hands, Budget(since, lambda: 0.0, at_most=1, rollback=True)))
    assert strict
    assert lenient
    assert home
    told = strict(Watched(5.5))
    assert told
    assert told.sentence == "1 request failed, 0 may; the first: heat stack list: cut"
    assert told.reach == 0
    assert strict(Watched(7.0)) is None
    assert lenient(Watched(0.0)) is None
    told = home(Watched(0.0))
    assert told
    assert told.rollback
    assert asked == [5.5, 7.0, 0.0, 0.0]


def test_a_prober_that_logs_nothing_is_told() -> None:
    silent = error_budget.post(Duty(SimCloud.tiny().hands, Budget(lambda since: (), lambda: inf)))
    assert silent
    told = silent(Watched(0.0))
    assert told
    assert (told.reach, told.sentence) == (0, "the prober logs nothing: nobody counts failures")
