"""Migrates a database as alembic does: the statements of each revision, then the revision is written down.

SERVICE-manage --config-file FILE --config-dir DIR upgrade
"""

import configparser
import runpy
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pymysql


def main() -> None:
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
        for revision in sorted(Path(__file__).parent.joinpath("versions").glob("*.py")):
            for statement in runpy.run_path(str(revision))["STATEMENTS"]:
                cursor.execute(statement)
            cursor.execute(f"UPDATE alembic_version SET version_num='{revision.stem}' WHERE 1")


if __name__ == "__main__":
    main()
