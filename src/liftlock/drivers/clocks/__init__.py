"""Clocks; one file per source of time."""
