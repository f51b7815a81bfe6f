"""Hosts as `systemd-nspawn --boot` machines: own kernel-side network, systemd, sshd, machine id and disk.

A host is an overlay (image tree, perhaps a release layer, and a disk of its own) booted by a small power
process that lives in a private mount namespace: when it dies, its mounts and its network die with it.
Start reading in `provisioner`; `power` is what runs beside each host.
"""
