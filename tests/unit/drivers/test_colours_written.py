"""The operator's haproxy.cfg, with green beside blue and without it again."""

from __future__ import annotations

import pytest

from liftlock.drivers.balancers.haproxy import written
from liftlock.drivers.on_host.colours import believable
from liftlock.errors import BadInput, LiftlockError, Refused
from liftlock.ports.traffic import Server

GREEN = (Server("ctl-green", "10.0.0.3", 5000),)
PLAIN = """\
# by hand, since 2019
global
    stats socket /run/haproxy/admin.sock level admin

defaults
\tmode http
\toption httpchk
frontend keystone
    bind :5000
    default_backend keystone

backend keystone   # the front door
    server a 10.0.0.1:5000 check inter 2s cookie a weight 7 maxconn 50 # "old" one
    # b is in the other room

    server b 10.0.0.2:5000 check\tinter 2s
    timeout server 1m

backend nova
    mode http
    server c 10.0.0.1:8774"""
LISTEN = """\
global
    server-state-base /var/lib/haproxy
    server-state-file state
defaults one
    mode tcp
    load-server-state-from-file global
    option redispatch
    option prefer-last-server
defaults two from one
    mode http
    retries 9
    option idle-close-on-response
    load-server-state-from-file none
listen keystone from two
    bind :5000
    option httpchk GET /healthcheck
    default-server inter 1s
    server a 10.0.0.1:5000 backup
    server b 10.0.0.2:5000 check port 5001 addr 10.9.9.9 send-proxy disabled
"""


def armed(text: str, green: tuple[Server, ...] = GREEN) -> str:
    return written.armed(
        text, "keystone", green, share_map="/etc/haproxy/share.map", state="/var/lib/ll-state"
    )


@pytest.mark.parametrize("text", [PLAIN, LISTEN], ids=["plain", "listen"])
@pytest.mark.parametrize("count", [1, 3])
def test_taking_green_out_gives_back_the_operators_text_to_the_letter(text: str, count: int) -> None:
    green = tuple(Server(f"g{i}", f"10.0.1.{i}", 5000) for i in range(count))
    there = armed(text, green)
    assert there != text
    assert written.greens(there, "keystone") == green
    assert written.anything_armed(there)
    gone = written.disarmed(there, "keystone")
    assert not written.anything_armed(gone)
    assert written.bare(gone) == text


def test_what_the_operator_changed_meanwhile_stays_changed() -> None:
    there = armed(PLAIN).replace("timeout server 1m", "timeout server 2m").replace("10.0.0.2", "10.0.0.9")
    assert written.bare(written.disarmed(there, "keystone")) == (
        PLAIN.replace("timeout server 1m", "timeout server 2m").replace("10.0.0.2", "10.0.0.9")
    )


def test_one_service_is_taken_out_and_the_other_keeps_what_keeps_its_reloads_safe() -> None:
    both = written.armed(armed(PLAIN), "nova", (Server("g", "::1", 8774),), share_map="/m", state="/s")
    assert both.count("server-state-file") == 1
    left = written.disarmed(both, "keystone")
    assert written.greens(left, "nova") == (Server("g", "::1", 8774),)
    assert written.anything_armed(left)
    assert written.bare(written.disarmed(left, "nova")) == PLAIN


def test_blue_becomes_the_backup_and_green_is_checked_like_blue_but_gets_nothing_by_weight() -> None:
    there = armed(PLAIN)
    assert [(s.name, s.backup, s.green) for s in written.servers(there, "keystone")] == [
        ("a", True, False),
        ("b", True, False),
        ("ctl-green", False, True),
    ]
    line = next(x for x in there.splitlines() if x.strip().startswith("server ctl-green"))
    assert line.strip() == (
        "server ctl-green 10.0.0.3:5000 check inter 2s maxconn 50 "
        "observe layer4 error-limit 1 on-error mark-down weight 0"
    )
    assert (
        '    server a 10.0.0.1:5000 check inter 2s cookie a weight 7 maxconn 50 backup #liftlock # "old" one'
        in there
    )
    assert there.count("option allbackups") == 1
    assert [s.backup for s in written.servers(there, "nova")] == [False]


def test_what_the_operator_has_decided_is_not_decided_again() -> None:
    there = armed(LISTEN)
    assert written.state_file(there) == "/var/lib/haproxy/state"
    ours = there.split("# liftlock begin backend")[1].split("# liftlock end backend")[0]
    for decided in ("option redispatch", "retries", "allbackups"):
        assert decided not in ours, decided
    for needed in (
        "retry-on conn-failure",
        "no option prefer-last-server",
        "load-server-state-from-file global",
    ):
        assert needed in ours, needed
    assert there.count("option idle-close-on-response") == 2, "both defaults have it"


def test_the_defaults_get_what_keeps_a_reload_from_losing_states_and_requests() -> None:
    there = armed(PLAIN)
    assert written.state_file(PLAIN) == ""
    assert written.state_file(there) == "/var/lib/ll-state"
    assert "load-server-state-from-file global" in there
    assert "option idle-close-on-response" in there


def test_green_settles_as_an_ordinary_server_and_blue_is_gone() -> None:
    there = written.bare(written.settled(armed(PLAIN), "keystone"))
    assert [(s.name, s.backup, s.green) for s in written.servers(there, "keystone")] == [
        ("ctl-green", False, False)
    ]
    assert "    server ctl-green 10.0.0.3:5000 check inter 2s maxconn 50\n" in there
    assert "liftlock" not in there
    assert "timeout server 1m" in there
    assert "# b is in the other room" in there
    assert "server c 10.0.0.1:8774" in there


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("option httpchk\n", "option dontlognull\n"), "health check"),
        (("mode http\n", "mode tcp\n"), "HTTP mode"),
        (("    timeout server 1m", "    cookie SRV insert"), "cookie SRV insert"),
        (("    timeout server 1m", "    stick on src"), "stick on src"),
        (("    timeout server 1m", "    load-server-state-from-file local"), "local"),
        (("server b 10.0.0.2", "server ctl-green 10.0.0.2"), "ctl-green"),
    ],
)
def test_a_backend_that_cannot_be_shared_is_refused_with_its_reason(
    change: tuple[str, str], said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        armed(PLAIN.replace(*change))
    assert refused.value.hint


def test_where_green_is_not_there_nothing_settles() -> None:
    assert written.settled(PLAIN, "keystone") == PLAIN
    assert written.settled(PLAIN, "heat") == PLAIN


def test_a_backend_that_is_not_there_is_asked_for() -> None:
    with pytest.raises(BadInput, match="heat") as wrong:
        written.armed(PLAIN, "heat", GREEN, share_map="/m", state="/s")
    assert "backends" in wrong.value.hint
    assert issubclass(BadInput, LiftlockError)


def test_a_state_that_says_everybody_is_dead_is_not_believed() -> None:
    head = (
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight\n"
    )
    dead = "3 nova 1 blue 10.0.0.1 0 0 1 1\n3 nova 2 green 10.0.0.2 0 0 0 0\n3 nova 3 held 10.0.0.4 0 1 1 1\n"
    half = "4 heat 1 blue 10.0.0.1 0 0 1 1\n4 heat 2 other 10.0.0.2 2 0 1 1\n"
    kept = believable(head + dead + half).splitlines()
    assert kept[2:] == [
        "3 nova 1 blue 10.0.0.1 2 0 1 1",
        "3 nova 2 green 10.0.0.2 2 0 0 0",
        "3 nova 3 held 10.0.0.4 0 1 1 1",
        "4 heat 1 blue 10.0.0.1 0 0 1 1",
        "4 heat 2 other 10.0.0.2 2 0 1 1",
    ]
    assert kept[:2] == head.splitlines()


def browsed(text: str) -> str:
    return written.armed(text, "keystone", GREEN, share_map="/m", state="/s", browsed=True)


@pytest.mark.parametrize("text", [PLAIN, LISTEN], ids=["plain", "listen"])
def test_what_leads_assets_to_their_page_is_only_where_pages_are_and_is_taken_out_to_the_letter(
    text: str,
) -> None:
    there = browsed(text)
    assert "stick-table" in there
    assert "stick-table" not in armed(text)
    assert written.bare(written.disarmed(there, "keystone")) == text
    assert "static" not in written.settled(there, "keystone")


def test_assets_follow_their_page_beside_the_counters_that_the_operator_uses() -> None:
    limited = PLAIN.replace("bind :5000", "bind :5000\n    http-request track-sc2 src table t  # track-sc1")
    assert "track-sc1 src unless" in browsed(limited)
    every = limited.replace(
        "bind :5000", "bind :5000\n    tcp-request content track-sc1 src\n    http-request track-sc0 src"
    )
    own = PLAIN.replace(
        "    timeout server 1m", "    stick-table type ip size 1k expire 1m store http_req_rate(1m)"
    )
    for text in (every, own):
        assert "gpc0_rate" not in browsed(text)
        assert "retry-on conn-failure 404" in browsed(text)
