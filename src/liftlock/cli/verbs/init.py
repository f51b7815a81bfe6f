"""init: a first cloud file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from liftlock.cli.verb import Verb
from liftlock.errors import BadInput


def add_ssh(parser: Any, *, required: bool) -> None:
    """The options that tell how hosts are reached which nobody has declared."""
    parser.add_argument("--key", type=Path, required=required, metavar="FILE", help="private key for SSH")
    parser.add_argument(
        "--known-hosts",
        type=Path,
        default=Path("~/.ssh/known_hosts"),
        metavar="FILE",
        help="public keys of hosts; others are refused (default: ~/.ssh/known_hosts)",
    )
    parser.add_argument("--user", default="root", help="who logs in (default: root)")
    parser.add_argument("--port", type=port, default=22, help="of SSH (default: 22)")
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME=ADDRESS",
        help="a host that nothing reports from, or whose address is not found; may be repeated",
    )


def add_database(parser: Any, may: str, password: str) -> None:
    """The options that tell as whom the database server is asked, what he needs, and what becomes of the file."""
    parser.add_argument(
        "--database-user",
        default="root",
        metavar="NAME",
        help=f"who {may} (default: root)",
    )
    parser.add_argument("--database-password-file", type=Path, metavar="FILE", help=password)


class Init(Verb):
    """Write a cloud file from what the cloud's API and its hosts tell; changes nothing on the cloud."""

    verb = "init"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """The options: the API's entry, SSH, hosts nobody reports, what to write."""
        parser: argparse.ArgumentParser = super().get_parser(prog_name)
        entry = os.environ.get("OS_CLOUD", "")
        parser.add_argument(
            "--os-cloud",
            default=entry,
            required=not entry,
            metavar="NAME",
            help="the administrator's entry in clouds.yaml (default: $OS_CLOUD)",
        )
        add_ssh(parser, required=True)
        parser.add_argument(
            "--archives",
            type=Path,
            metavar="FOLDER",
            help="folder with built releases (default: releases beside the file)",
        )
        add_database(
            parser,
            "may read, dump and replace every database",
            "file the cloud file refers to (default: secrets/database beside it); its content is not read",
        )
        parser.add_argument(
            "-o",
            "--output",
            type=Path,
            default=Path("cloud.yaml"),
            metavar="FILE",
            help="the cloud file to write (default: cloud.yaml)",
        )
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Write it; say what could not be found out."""
        from liftlock.flow.first_file.init import Wish, init  # noqa: PLC0415  (the client libraries take a second to load)

        output = parsed_args.output
        made = init(
            Wish(
                cloud=parsed_args.os_cloud,
                key=parsed_args.key.expanduser(),
                known_hosts=parsed_args.known_hosts.expanduser(),
                output=output,
                user=parsed_args.user,
                port=parsed_args.port,
                hosts=dict(named(words) for words in parsed_args.host),
                archives=parsed_args.archives or output.parent / "releases",
                database_user=parsed_args.database_user,
                password_file=parsed_args.database_password_file,
            )
        )
        self.out(f"written to {output}: {len(made.hosts)} hosts, {len(made.services)} services")
        for gap in made.gaps:
            self.out(f"- {gap}")
        password = parsed_args.database_password_file or output.parent / "secrets" / "database"
        then = f"see that {password} holds the database's password, then `liftlock assess -C {output}`"
        self.out(f"next: read {output}, {then}")


def port(word: str) -> int:
    """A port's number; raises `ArgumentTypeError` for what is none."""
    if not (word.isascii() and word.isdecimal() and len(word) < 6 and 0 < int(word) < 65536):
        raise argparse.ArgumentTypeError(f"must be from 1 to 65535, is {word}")
    return int(word)


def named(words: str) -> tuple[str, str]:
    """Name and address of `NAME=ADDRESS`."""
    name, _, address = words.partition("=")
    if not name or not address:
        raise BadInput(f"`--host {words}` is no NAME=ADDRESS", hint="write `--host lb1=10.30.0.6`")
    return name, address
