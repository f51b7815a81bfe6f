"""Ways by which releases reach hosts, and programs of a release are run there."""
