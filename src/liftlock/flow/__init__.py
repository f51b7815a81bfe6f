"""The story, one file per verb: `assess`, `plan`, `proof`, `run`, `verify`, `restore`.

They stand on `survey` (a cloud read through its ports), `site` (a cloud file with the hands that reach its cloud) and
`wiring`, the only place that chooses drivers. The details of a verb are in the room beside it.
"""
