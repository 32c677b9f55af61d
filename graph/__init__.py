"""Assembles the agent and runs it."""
