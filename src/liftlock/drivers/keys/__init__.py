"""Keystone's keys on hosts, and whatever would rotate them; one file per operating system."""
