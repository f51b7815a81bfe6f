"""What a Linux host takes over beside what every likeness promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from liftlock.drivers.likenesses.linux import LinuxLikeness
from liftlock.errors import StepFailed
from tests.contract.likenesses.overlay_host import OverlayShell, needs_root
from tests.contract.likenesses.test_every_likeness import BLUE, DIRECTORY, GREEN, PARTS, SET_UP, TEXT, WORDS

MORE = f"""
set -e
mkdir -p {DIRECTORY}/keys {DIRECTORY}/policy.d && head -c 40 /dev/zero > {DIRECTORY}/binary
printf 'ctl-blue\\0ctl-blue' >> {DIRECTORY}/binary
echo x > {DIRECTORY}/keys/0 && chown -R llnova:llnova {DIRECTORY}/keys && chmod 0700 {DIRECTORY}/keys
chmod 0600 {DIRECTORY}/keys/0
echo text > {DIRECTORY}/ctl-blue.pem && ln -s ctl-blue.pem {DIRECTORY}/mine.pem
mkdir -p /etc/ssl/ours /usr/local/share/ca-certificates && echo ca > /etc/ssl/ours/ca.pem
echo "not a certificate" > /etc/ssl/ours/unused.pem
echo ours > /etc/ll-from-image
cat >> {DIRECTORY}/nova.conf <<END
cafile = /etc/ssl/ours/ca.pem
# cafile = /etc/ssl/ours/unused.pem
theirs = /etc/ll-from-image
hosts = /etc/hosts
lock_path = /var/lib/llnova/lock
END
install -d -o llnova -g llnova -m 0770 /var/lib/llnova/lock
install -d -o llnova -g llnova /var/lib/llnova/instances/0f8fad5b-d9cb-469f-a165-70867728950e
mkdir -p /etc/systemd/system/nova-conductor.service.d
echo "[Service]" > /etc/systemd/system/nova-conductor.service.d/limit.conf
echo "llnova ALL=(root) NOPASSWD: /bin/true" > /etc/sudoers.d/llnova && chmod 0440 /etc/sudoers.d/llnova
echo "somebody ALL=(root) NOPASSWD: /bin/true" > /etc/sudoers.d/somebody
"""


class Two:
    """A source and a target."""

    def __init__(self, shell: OverlayShell) -> None:
        self.shell = shell
        self.port = LinuxLikeness(shell)

    def on(self, host: str, command: str) -> str:
        ended = self.shell.run(host, command)
        assert ended.ok, ended.err
        return ended.out

    def copy(self) -> None:
        self.port.copy(BLUE, GREEN, PARTS, [DIRECTORY], WORDS, [])

    def alike(self) -> bool:
        return self.port.alike(BLUE, GREEN, PARTS, [DIRECTORY])


@pytest.fixture
def two(tmp_path: Path) -> Two:
    needs_root()
    shell = OverlayShell(tmp_path, BLUE, GREEN)
    pair = Two(shell)
    made = shell.run(BLUE, f"mkdir -p /etc/sudoers.d\n{SET_UP}", stdin=TEXT.encode())
    assert made.ok, made.err
    pair.on(BLUE, MORE)
    pair.on(GREEN, "echo its own > /etc/ll-from-image")
    return pair


def listing(two: Two, host: str) -> str:
    """Names, owners, modes and links of everything that is to be alike."""
    places = f"{DIRECTORY} /var/lib/llnova /etc/default/llnova /etc/systemd/system/nova-conductor.service*"
    command = f"find {places} /etc/ssl/ours /etc/sudoers.d/llnova -printf '%p %u:%g %U:%G %m %l\\n' | sort"
    return two.on(host, f"{command}; id llnova; getent passwd llnova")


def test_names_owners_modes_links_and_accounts_are_those_of_the_source(two: Two) -> None:
    two.copy()
    not_copied = ("unused.pem", "instances/disk", "0f8fad5b")
    wanted = [x for x in listing(two, BLUE).splitlines() if not any(word in x for word in not_copied)]
    assert listing(two, GREEN).replace(GREEN, BLUE).splitlines() == wanted
    assert any("/keys/0 llnova:llnova 4711:4711 600" in line for line in wanted)
    assert any("llcerts" in line for line in wanted)


def test_only_texts_are_rewritten_and_files_named_after_the_host_are_renamed(two: Two) -> None:
    two.copy()
    both = [two.on(host, f"sha256sum < {DIRECTORY}/binary") for host in (BLUE, GREEN)]
    assert both[0] == both[1]
    assert (
        two.on(GREEN, f"cat {DIRECTORY}/ctl-green.pem; readlink {DIRECTORY}/mine.pem")
        == "text\nctl-green.pem\n"
    )
    assert two.on(GREEN, "cat /etc/default/llnova") == "OPTIONS=--host=ctl-green\n"


def test_what_the_image_brought_and_what_others_own_stays(two: Two) -> None:
    hosts = two.on(GREEN, "cat /etc/hosts")
    two.copy()
    assert two.on(GREEN, "cat /etc/ll-from-image") == "its own\n"
    assert two.on(GREEN, "cat /etc/hosts") == hosts
    assert two.on(GREEN, "ls /etc/sudoers.d/somebody 2>/dev/null || echo none") == "none\n"


def test_a_second_copy_changes_nothing_and_takes_away_what_came_since(two: Two) -> None:
    two.copy()
    times = f"find {DIRECTORY} /etc/ssl/ours /var/lib/llnova -type f -printf '%p %T@\\n' | sort"
    before = two.on(GREEN, times)
    two.on(GREEN, f"echo > {DIRECTORY}/stranger; chmod 0777 {DIRECTORY}/keys")
    two.copy()
    assert two.on(GREEN, times) == before
    assert two.on(GREEN, f"stat -c %a {DIRECTORY}/keys") == "700\n"


def test_what_a_copy_placed_outside_is_kept_up_to_date(two: Two) -> None:
    two.copy()
    two.on(BLUE, "echo renewed > /etc/ssl/ours/ca.pem")
    assert not two.alike()
    two.copy()
    assert two.on(GREEN, "cat /etc/ssl/ours/ca.pem") == "renewed\n"


def test_an_account_with_another_number_is_refused(two: Two) -> None:
    two.on(GREEN, "groupadd --gid 4999 llnova")
    with pytest.raises(StepFailed, match="group llnova has the number 4999"):
        two.copy()
    assert not two.alike()


def test_a_copy_that_ends_half_way_is_not_alike_and_is_completed_by_the_next(two: Two) -> None:
    two.copy()
    assert two.alike()
    two.on(GREEN, "groupmod --gid 4999 llcerts")
    with pytest.raises(StepFailed):
        two.copy()
    assert not two.alike()
    two.on(GREEN, "groupmod --gid 4712 llcerts")
    two.copy()
    assert two.alike()


def test_a_folder_that_hosts_share_must_be_there_and_is_not_touched(two: Two) -> None:
    two.shell.share(BLUE)
    two.on(
        BLUE,
        f"install -d -o llnova /srv/shared/images; echo images = /srv/shared/images >> {DIRECTORY}/nova.conf",
    )
    with pytest.raises(StepFailed, match="nothing is mounted at /srv/shared"):
        two.copy()
    assert not two.alike()
    two.shell.share(GREEN)
    two.copy()
    assert two.on(GREEN, "ls /srv/shared") == ""


def test_secrets_are_written_nowhere_else(two: Two) -> None:
    two.copy()
    seen = [path for path in two.shell.written(GREEN) if b"hunter2" in two.shell.content(GREEN, path)]
    assert seen == [Path(DIRECTORY, "nova.conf")]
