"""A release as one directory beside the others, and a link that names the current one."""
