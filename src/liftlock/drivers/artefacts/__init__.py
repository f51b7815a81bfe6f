"""Released files: asked of the package index pip uses, kept in the operator's cache by their hash."""
