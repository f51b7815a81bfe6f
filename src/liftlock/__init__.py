"""liftlock takes a running OpenStack cloud from release to release, and back.

Start reading in `liftlock.flow`: one file per verb.
"""

__version__ = "0.1.0"
