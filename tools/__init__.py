"""The tools a user gets by default."""
