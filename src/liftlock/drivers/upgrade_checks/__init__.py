"""Upgrade checks that services bring, one file per way to ask them."""
