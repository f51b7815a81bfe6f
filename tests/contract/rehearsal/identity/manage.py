"""keystone-manage --config-file FILE --config-dir DIR bootstrap|db_sync …: lets an account in, or has nothing to do."""

import json
import sys

from keystone.rows import FAULTS, connected, made


def main() -> None:
    if "--version" in sys.argv:
        print("2.0")
        return
    if "bootstrap" not in sys.argv:
        if "migration" in FAULTS:
            sys.exit(f"OperationalError: {FAULTS['migration']}")
        return
    told = dict(zip(sys.argv[6::2], sys.argv[7::2], strict=True))
    with connected(sys.argv[2]) as session, session.cursor() as cursor:
        made(cursor, "project", "ours", told["--bootstrap-project-name"])
        made(cursor, "user", "us", told["--bootstrap-username"])
        secret = json.dumps({"password": told["--bootstrap-password"]})
        cursor.execute("UPDATE `user` SET extra = %s WHERE id = 'us'", (secret,))


main()
