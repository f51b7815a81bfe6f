"""Which files of a host are a service's options, which are its policy, and which are neither."""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatch
from pathlib import PurePosixPath

from liftlock.knowledge.catalogue import services


class Content(StrEnum):
    """What a file is to adoption."""

    OPTIONS = "options"
    """Read by oslo.config."""
    POLICY = "policy"
    """Read by oslo.policy."""
    OTHER = "other"
    """Neither: it is left as it is."""


_OPTIONS = ("{service}*.conf", "{service}*.ini", "*_agent.ini", "ml2_conf*.ini", "*_plugin.ini", "ovn.ini")
"""What files of options are called; every other `.conf` may be dnsmasq's, Ceph's or anybody's."""
_OPTIONS_FOLDERS = ("conf.d", "*.conf.d", "domains")
"""Folders that hold nothing but files of options."""
_NOT_OPTIONS = ("*paste*", "*rootwrap*", "*logging*", "*wsgi*", "*audit_map*", "*.sample")
"""Files beside options that have their looks, and are read by PasteDeploy, rootwrap, Python's logging, web servers."""
_DJANGO = "horizon"
"""The one service whose settings are a Python module."""


def service_of(path: str) -> str:
    """The service that reads the file, by its folder in /etc; empty if none does.

    >>> service_of("/etc/neutron/plugins/ml2/ml2_conf.ini")
    'neutron'
    """
    folders = PurePosixPath(path).parts
    name = folders[2] if len(folders) > 3 and folders[:2] == ("/", "etc") else ""
    return name if name in services() and name != _DJANGO else ""


def content_of(path: str) -> Content:
    """What the file is, by its name.

    >>> [content_of(f"/etc/nova/{name}").value for name in ("nova.conf", "policy.yaml", "api-paste.ini")]
    ['options', 'policy', 'other']
    """
    file = PurePosixPath(path)
    if "policy" in (file.stem, file.parent.name.partition(".")[0]) or file.stem.endswith("_policy"):
        return Content.POLICY if file.suffix in (".yaml", ".yml", ".json") else Content.OTHER
    if any(fnmatch(file.name, wild) for wild in _NOT_OPTIONS) or file.suffix not in (".conf", ".ini"):
        return Content.OTHER
    wanted = [wild.format(service=service_of(path)) for wild in _OPTIONS]
    named = any(fnmatch(file.name, wild) for wild in wanted)
    kept = any(fnmatch(file.parent.name, wild) for wild in _OPTIONS_FOLDERS)
    return Content.OPTIONS if named or kept else Content.OTHER
