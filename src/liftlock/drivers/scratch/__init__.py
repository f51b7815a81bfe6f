"""A MariaDB in a temporary folder, and releases in folders: where a proof may try what it likes."""
