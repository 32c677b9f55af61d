"""The components that decide."""
