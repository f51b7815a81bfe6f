"""Ways to move a control plane; each file holds one `arrange(order)`."""
