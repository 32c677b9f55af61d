"""Answers a question over tools nobody wrote a rule for: plans backward, calls, judges, blames, and plans again."""
