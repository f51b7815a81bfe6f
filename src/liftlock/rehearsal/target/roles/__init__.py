"""One file per service: how it is run for a rehearsal on one machine, and what it is asked there.

Options and paths are those of the services' own references (2024.1, 2025.1 and 2026.1).
"""
