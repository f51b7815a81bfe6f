"""OpenStack, whatever the cloud: series, services, and what a hop between two series changes."""
