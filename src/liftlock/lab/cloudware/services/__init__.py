"""One file per service the lab runs; `liftlock.lab.cloudware.fitting` finds them by file name."""
