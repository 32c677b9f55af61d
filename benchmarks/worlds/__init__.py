"""Worlds of several hundred tools, made from a seed: what they know, how they are named and described, what is blocked."""
