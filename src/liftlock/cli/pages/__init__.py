"""Pages for people: text that fits a terminal, HTML from templates beside it."""
