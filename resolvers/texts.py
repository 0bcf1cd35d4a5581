"""What may stand in a text that a client gives: it is stored, shown to operators and sent to vendors."""

import unicodedata
from collections.abc import Iterator

from resolvers.complaints import Complaint, invalid

NOT_TEXT = frozenset({"Cc", "Cs"})
"""Unicode's control characters, and halves of characters, which no encoding can write."""


def flaws_of_text(text: str | None, most: int, *field: str, least: int = 1) -> Iterator[Complaint]:
    """What is wrong with a text; nothing when it is left out. Never quotes it: it may be personal."""
    if text is None:
        return
    if not least <= len(text.strip()) or len(text) > most:
        yield invalid(f"{field[-1]} is {least} to {most} characters long", *field)
    elif any(unicodedata.category(character) in NOT_TEXT for character in text):
        yield invalid(f"{field[-1]} holds control characters or line breaks; leave them out", *field)
