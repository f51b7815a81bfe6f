"""Ways by which releases reach hosts and programs of a release are run there: one file or folder for each `kind`.

Each has a `deployer_of(file, shell, clock)`, which `deployer.kind` in the cloud file asks for by the file's name.
"""
