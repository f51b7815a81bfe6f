"""What is intended, as data: a plan, its stages and steps, their text, hash and difference."""
