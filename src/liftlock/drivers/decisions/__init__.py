"""Decisions about risks, one file per place they are kept in."""
