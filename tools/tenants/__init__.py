"""Tenants of a cloud at work through its APIs, and their own word on what became of every object."""
