"""Balancers: what is behind them, and how requests are shared between blue and green; one folder for each `kind`.

Each has a `balancer_of(file, shell)`, which `balancer.kind` in the cloud file asks for by the folder's name: a driver
of the `Balancer` port and one of the `Traffic` port.
"""
