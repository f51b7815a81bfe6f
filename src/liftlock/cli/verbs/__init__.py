"""One file per group of verbs, found by file name; each class with a `verb` is a command."""
