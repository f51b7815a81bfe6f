"""Whole words in files: found, replaced, and shown without the secrets around them. Runs on hosts and here."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

SECRET_OPTION = re.compile(
    r"""^\s*["']?[\w.-]*?(?:password|passwd|passphrase|secret|token|credential|(?:^|(?<=[_\W]))key)["']?\s*[=:]""",
    re.IGNORECASE,
)
"""`password = …`, `memcache_secret_key: …`, `"SECRET_KEY" = …`; not `key_repository`, which is a place."""
SECRET_IN_URL = re.compile(r"((?:://|,)[^\s:/@,]*):[^\s,]*@")
"""`user:password@` in `rabbit://a:b@one,a:b@two/`."""
BLOT = "…"


def is_text(content: bytes) -> bool:
    """Whether words are to be looked for in it."""
    return b"\0" not in content


def finder(words: Mapping[str, str]) -> re.Pattern[bytes]:
    """Finds each of `words` where it stands alone: not `10.0.0.1` in `10.0.0.11`, nor `ctl-1` in `ctl-10`.

    A host name is also found at the beginning of its full name, `ctl-1.example.org`.
    """
    # Longer words first: of `ctl-1` and `ctl-1.example.org` the second is meant where it stands.
    found = "|".join(around(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(found.encode() or rb"(?!)")


def around(word: str) -> str:
    """A pattern for one word with what must not stand beside it."""
    try:
        version = ipaddress.ip_address(word).version
    except ValueError:
        return rf"(?<![\w.-]){re.escape(word)}(?![\w-])"
    if version == 4:
        return rf"(?<![\w.]){re.escape(word)}(?!\w|\.\d)"
    return rf"(?<![\w:.]){re.escape(word)}(?![\w:.])"


def replaced(content: bytes, words: Mapping[str, str]) -> bytes:
    """The content with every word replaced by its own, all at once; what is no text stays as it is."""
    if not words or not is_text(content):
        return content
    return finder(words).sub(lambda found: words[found.group().decode()].encode(), content)


def blotted(line: str) -> str:
    """A line of configuration with its secrets blotted out."""
    secret = SECRET_OPTION.match(line)
    if secret:
        return f"{secret.group()} {BLOT}"
    return SECRET_IN_URL.sub(rf"\1:{BLOT}@", line)
