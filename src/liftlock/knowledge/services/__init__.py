"""One file per OpenStack service; `liftlock.knowledge.catalogue` finds them by file name."""
