"""The operator's own configuration, in the words of another release."""
