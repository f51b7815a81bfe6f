"""One file per service: the kinds of objects that it keeps for users, and where.

Read from the services' own migrations, run on an empty server: 2025.1 and 2026.1; a test compares them with the columns
that those left.
"""
