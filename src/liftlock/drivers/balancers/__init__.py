"""Balancers: what is behind them, and how requests are shared between blue and green."""
