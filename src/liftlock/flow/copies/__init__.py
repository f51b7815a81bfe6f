"""What a proof does on copies: migrate them, try both releases' code on them, apply shims."""
