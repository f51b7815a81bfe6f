"""Numbers that services' workers write about themselves, by series: `<service>.toml`, made by `tools/floors.py`."""
