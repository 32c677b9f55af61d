"""Answers a question over tools nobody wrote a rule for."""
