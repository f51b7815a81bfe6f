"""The story, one file per verb, and `wiring`, the only place that chooses drivers."""
