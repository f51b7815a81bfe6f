"""What a host tells about keys and queues: enough to compare, never a secret."""

from __future__ import annotations

from pathlib import Path

from liftlock.drivers.on_host.host import queue_options
from liftlock.drivers.on_host.keysets import key_sets
from liftlock.knowledge.queues import QUEUE_OPTIONS, SECTION


def keystone(root: Path, keys: dict[str, str], conf: str = "") -> None:
    for name, content in keys.items():
        file = root / "etc/keystone" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (root / "etc/keystone/keystone.conf").write_text(conf)


def test_the_same_keys_are_told_alike_wherever_they_lie_and_whatever_lies_beside_them(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    keystone(one, {"fernet-keys/0": "a", "fernet-keys/1": "b"})
    keystone(
        other,
        {"tokens/0": "a", "tokens/1": "b", "tokens/0.tmp": "half"},
        "[fernet_tokens]\nkey_repository = /etc/keystone/tokens/\n"
        "[fernet_receipts]\nkey_repository=/etc/keystone/tokens\n",
    )
    (told,) = key_sets(str(one)).values()
    assert key_sets(str(other)) == {"/etc/keystone/tokens": told}
    assert told.startswith("2 keys, ")


def test_keys_under_other_numbers_are_other_key_sets(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    keystone(one, {"credential-keys/0": "a", "credential-keys/1": "b"})
    keystone(other, {"credential-keys/0": "b", "credential-keys/1": "a"})
    assert key_sets(str(one)) != key_sets(str(other))
    assert key_sets(str(tmp_path)) == {}


def test_only_what_shapes_queues_is_told_and_the_last_word_counts(tmp_path: Path) -> None:
    (tmp_path / "nova.conf").write_text(
        "[DEFAULT]\ntransport_url = rabbit://a:secret@b\namqp_durable_queues = true\n"
        f"[{SECTION}]\n# rabbit_ha_queues = true\nrabbit_quorum_queue = True\nheartbeat_rate = 3\n"
    )
    more = tmp_path / "nova.conf.d"
    more.mkdir()
    (more / "queues.conf").write_text(f"[{SECTION}]\nrabbit_quorum_queue = false\n")
    services = {"nova": [str(tmp_path)], "heat": [str(tmp_path / "none")]}
    assert queue_options(services, SECTION, list(QUEUE_OPTIONS)) == {"nova": "rabbit_quorum_queue=false"}
