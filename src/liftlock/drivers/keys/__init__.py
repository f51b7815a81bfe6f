"""What makes new hosts like others."""
