"""Blue and green behind HAProxy: green as weighted servers, blue as their ready backup.

`written` is the operator's configuration file and what we add to it, `running` is what a node says about itself,
`node` changes one node, `traffic` keeps the `Traffic` port over all of them.
"""

from liftlock.drivers.balancers.colours.traffic import HaProxyTraffic

__all__ = ["HaProxyTraffic"]
