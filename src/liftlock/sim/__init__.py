"""A whole cloud in memory behind every port, that breaks on request: for policy try-outs, studies and tests."""
