"""Migrates a database as alembic does: the statements of each new revision, then the revision is written down.

SERVICE-manage --config-file FILE --config-dir DIR upgrade|contract|online|--version

Files `r*.py` are revisions. `contract` runs `c*.py` and `online` runs `o*.py`, whenever they are asked to; `online`
ends with 1 as long as it finds rows to change.
"""

import configparser
import runpy
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pymysql

FILES = {"upgrade": "r", "contract": "c", "online": "o"}


def main() -> None:
    verb = sys.argv[-1]
    if verb == "--version":
        print("2.0")
        return
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(sys.argv[2])
    address = urlsplit(settings["database"]["connection"])
    socket = parse_qs(address.query)["unix_socket"][0]
    session = pymysql.connect(
        unix_socket=socket,
        user=address.username,
        database=address.path[1:],
        autocommit=True,
        charset="utf8mb4",
    )
    with session.cursor() as cursor:
        cursor.execute("SELECT version_num FROM alembic_version")
        (stamped,) = cursor.fetchone()
        written = 0
        for revision in sorted(Path(__file__).parent.joinpath("versions").glob(f"{FILES[verb]}*.py")):
            if verb == "upgrade" and revision.stem <= stamped:
                continue
            for statement in runpy.run_path(str(revision))["STATEMENTS"]:
                written += cursor.execute(statement)
            if verb == "upgrade":
                cursor.execute(f"UPDATE alembic_version SET version_num='{revision.stem}' WHERE 1")
    sys.exit(1 if verb == "online" and written else 0)


if __name__ == "__main__":
    main()
