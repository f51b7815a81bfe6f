"""Secrets in what programs of others print, blotted out before it is told or kept."""

from __future__ import annotations

import re

BLOT = "…"

_IN_URL = re.compile(r"""(://[^\s:/@'"]*):[^\s'"]*@""")
"""`user:password@`, to the last `@` of the word: a password may hold one, and `/`."""
_AFTER_ITS_NAME = re.compile(
    r"""((?:password|passwd|passphrase|secret|token|pwd)\w*["']?\s*[=:]\s*)"""
    r"""("[^"]*"|'[^']*'|[^\s,;}\])]+)""",
    re.IGNORECASE,
)
"""`password=…`, `"secret": "…"`, `MYSQL_PWD=…`."""
_IN_SQL = re.compile(r"""(IDENTIFIED BY (?:PASSWORD )?)("[^"]*"|'[^']*')""")
_MARIADBS_ANSWER = re.compile(r"using password: (YES|NO)\b")
"""Says whether one was given; it is the one thing about it that helps."""


_READ_ON = "(Background on this error at:"


def blotted(text: str) -> str:
    """The text without what looks like a secret: passwords in addresses, what stands after `password=` and its like.

    A secret that stands alone cannot be told from any other word.

    >>> blotted("cannot reach mysql+pymysql://nova:hunter2@db1/nova (password=hunter2)")
    'cannot reach mysql+pymysql://nova:…@db1/nova (password=…)'
    """
    text = _IN_SQL.sub(rf"\1{BLOT}", _IN_URL.sub(rf"\1:{BLOT}@", text))
    answers = _MARIADBS_ANSWER.findall(text)
    text = _AFTER_ITS_NAME.sub(rf"\1{BLOT}", text)
    for answer in answers:
        text = text.replace(f"using password: {BLOT}", f"using password: {answer}", 1)
    return text


def last_words(text: str, longest: int = 300) -> str:
    r"""The last line that is not empty, its end where it is longer than `longest`, secrets blotted out.

    Below an error of the database SQLAlchemy 2.0 quotes the statement and an address to read on at: the error counts.

    >>> last_words("…OperationalError: (1061, 'Duplicate key name')\n[SQL: ALTER TABLE …]\n(Background on this …)")
    "…OperationalError: (1061, 'Duplicate key name')"
    >>> last_words("…DBNonExistentDatabase: no file\n(Background on this error at: https://…)")
    '…DBNonExistentDatabase: no file'
    """
    error, quoted, _ = text.rpartition("\n[SQL: ")
    lines = [x for x in (error if quoted else text).strip().splitlines() if not x.startswith(_READ_ON)]
    return blotted(lines[-1].strip())[-longest:] if lines else "it printed nothing"


_LOGGED = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \d+ [A-Z]+ [\w.]+ ?(?:\[[^\]]*\] ?)?")
"""What oslo.log puts before each line of a message, 8.0: time, process, level, logger, request."""
_NAMES_AN_ERROR = re.compile(r"[\w.]*(Error|Exception)\b")


def cause(heard: str) -> str:
    r"""The line of a program's words that says what went wrong: the last that names an error, else the last.

    >>> cause("ValueError: no such plugin\nstopping\n")
    'ValueError: no such plugin'
    >>> cause("2026-11-30 05:02:45.454 7 ERROR nova OSError: gone\n2026-11-30 05:02:45.454 7 ERROR nova \n")
    'OSError: gone'
    """
    lines = [line for each in heard.splitlines() if (line := _LOGGED.sub("", each.strip()))]
    named = [line for line in lines if _NAMES_AN_ERROR.match(line)]
    return last_words(named[-1] if named else "\n".join(lines), 500)
