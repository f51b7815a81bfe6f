"""What a restore finds of both colours, and what it would lose."""
