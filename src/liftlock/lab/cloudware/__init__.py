"""The software of the lab's cloud: OpenStack, its database, broker, cache and front door, set up on given hosts.

Everything is done over the `Shell` port and through the cloud's own APIs, from inside the lab's bastion.
"""
