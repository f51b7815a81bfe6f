"""Name what failed in a prober's run, one line each: `tools/failures.py summary.json`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


def failures(summary: Mapping[str, Any]) -> Iterator[str]:
    """Requests that got another answer than expected, then writes that the cloud did not keep."""
    for one in summary["failures"]:
        when = time.strftime("%H:%M:%S", time.gmtime(one["t"]))
        yield f"{when} {one['service']} {one['verb']} ({one['backend'] or 'no backend'}): {one['reason']}"
    for one in summary["writes"]["findings"]:
        yield f"{one['kind']} {one['name']} {one['what']}: {one['detail']}"


if __name__ == "__main__":
    print("\n".join(failures(json.loads(Path(sys.argv[1]).read_text()))))
