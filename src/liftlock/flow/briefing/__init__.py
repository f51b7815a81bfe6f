"""What explains a plan to whoever signs it, and what is typed if the bastion is lost."""
