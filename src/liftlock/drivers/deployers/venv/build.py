"""Builds a release: one immutable environment with every service of a series, made inside an image's tree."""

from __future__ import annotations

import hashlib
import os
from importlib.resources import files
from pathlib import Path

from liftlock.drivers.pip_settings import pip_settings
from liftlock.drivers.provisioners.nspawn.cache import built_once
from liftlock.drivers.provisioners.nspawn.machine import dying_with_us, run, succeeds
from liftlock.errors import BadInput, LabFailed

LOCKS = files("liftlock.drivers.deployers.venv") / "locks"

HOME = Path("/opt/openstack")
"""Where releases stand beside each other on a host; `current` points at the one that runs."""

SCRIPT = Path(__file__).with_name("build.sh")
"""What runs inside the private mount namespace."""


def locked() -> tuple[str, ...]:
    """Series that the product ships a hashed lock of, sorted."""
    return tuple(sorted(f.name.removesuffix(".txt") for f in LOCKS.iterdir() if f.name.endswith(".txt")))


def lock_text(series: str) -> str:
    """The hashed lock of a series; raises `BadInput` if the product ships none."""
    if series not in locked():
        raise BadInput(f"there is no lock for the series {series!r}", hint=f"there is {', '.join(locked())}")
    return (LOCKS / f"{series}.txt").read_text()


def release_id(series: str) -> str:
    """`2025.1-91c04d7e3f2a`: the series and the first 12 characters of the SHA-256 of its lock."""
    return f"{series}-{hashlib.sha256(lock_text(series).encode()).hexdigest()[:12]}"


def build_release(series: str, image: str, tree: Path, cache: Path) -> Path:
    """The layer that puts the series' release into hosts of `image`, built inside its `tree` if not in the cache.

    Beside the layer lies the same as an archive, see `release_archive`.
    """
    release = release_id(series)
    layer = release_layer(cache, image, release)
    layer.parent.mkdir(parents=True, exist_ok=True)
    return built_once(
        layer, lambda folder: _build(series, release, tree, folder, release_archive(cache, image, release))
    )


def archive_folder(cache: Path) -> Path:
    """Where built releases lie; another one whenever the way they are built changes."""
    return cache / "releases" / hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:8]


def release_layer(cache: Path, image: str, release: str) -> Path:
    """Where the layer that puts `release` into hosts of `image` is, or will be."""
    return archive_folder(cache) / f"{image}-{release}"


def release_archive(cache: Path, image: str, release: str) -> Path:
    """The release as a `.tar.zst` to be unpacked at the root of a host of `image`."""
    return archive_folder(cache) / f"{image}-{release}.tar.zst"


def _build(series: str, release: str, tree: Path, folder: Path, archive: Path) -> None:
    home = folder / HOME.relative_to("/")
    home.mkdir(parents=True)
    inputs = folder / "inputs"
    inputs.mkdir()
    (inputs / "lock.txt").write_text(lock_text(series))
    (inputs / "build-constraints.txt").write_text("setuptools<80\n")
    places = {"TREE": tree, "RELEASES": home, "INPUTS": inputs, "UV": uv_program(), "CACHE": uv_cache()}
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        **{name: str(path) for name, path in places.items()},
        "TARGET": str(HOME / release),
        "READABLE": " ".join(readable_folders()),
        **index_settings(),
    }
    run(*dying_with_us(["sh", "-eu", SCRIPT]), env=environment, doing=f"building the release {release}")
    run("rm", "-rf", inputs)
    unfinished = archive.with_name(f".building-{archive.name}")
    packing: list[str | Path] = [
        "tar",
        "-C",
        folder,
        "--use-compress-program=zstd -3 -T2",
        "-cf",
        unfinished,
        "opt",
    ]
    run(*dying_with_us(packing), doing=f"packing the release {release}")
    unfinished.rename(archive)


def uv_program() -> Path:
    """The uv program itself, behind whatever wrapper is first on the path."""
    try:
        # uv tells the programs it starts where it is.
        told = run("uv", "run", "--no-project", "--no-config", "--", "printenv", "UV")
    except (LabFailed, FileNotFoundError) as e:
        raise LabFailed("uv does not run on this machine", hint="install uv, then try again") from e
    return Path(told.strip())


def uv_cache() -> Path:
    """Where this machine's uv keeps what it downloaded."""
    folder = Path(run("uv", "cache", "dir").strip())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def index_settings() -> dict[str, str]:
    """How this machine reaches package indexes, in uv's own variables; nothing of it is kept in the release.

    uv does not read pip's configuration, so additional indexes named there are translated.
    """
    passed = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    names = [n for n in os.environ if n.upper() in passed or n.startswith("UV_")]
    settings = {name: os.environ[name] for name in names if name not in ("UV_CACHE_DIR", "UV")}
    pip = pip_settings()
    settings.setdefault("UV_DEFAULT_INDEX", pip.get("index-url", ""))
    settings.setdefault("UV_INDEX", " ".join(pip.get("extra-index-url", "").split()))
    # Hashes decide what is accepted, so any index may provide it.
    settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in settings.items() if value}


def readable_folders() -> list[str]:
    """Folders of the machine the build must see too: certificates, indexes kept in files, uv's settings."""
    settings = index_settings()
    addresses = " ".join((settings.get("UV_DEFAULT_INDEX", ""), settings.get("UV_INDEX", ""))).split()
    found = [Path(a.removeprefix("file://")).parent for a in addresses if a.startswith("file:///")]
    certificate = settings.get("SSL_CERT_FILE", "")
    found += [Path(certificate).parent] if certificate else []
    found += [Path("/etc/ssl/certs"), Path("/etc/uv"), Path.home() / ".config/uv"]
    return sorted({str(folder) for folder in found if folder.is_dir() and not succeeds("test", "-L", folder)})
