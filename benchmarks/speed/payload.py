"""What the tool says: 600 characters, different at every place, always the same at one place."""

import random

_TEXT = """
stone path under old trees beside water where boats lie waiting for morning people carry bread and salt across narrow
bridges toward market houses with green doors open windows lamps bells ropes barrels cloth iron glass
"""
WORDS = _TEXT.split()


def seen(place: str) -> str:
    """Describe a place."""
    rng = random.Random(place)
    text = f"At the {place}:"
    while len(text) < 600:
        text += f" {rng.choice(WORDS)} {rng.randrange(10_000)}" if rng.random() < 0.1 else f" {rng.choice(WORDS)}"
    return text[:600]
