"""Who waits for whom: what is said of one thing keeps its order, also while something older waits for proof."""

from collections.abc import Collection, Iterable
from datetime import datetime

from model.refs import Ref
from vendors.receiving import Pushed


class Queueing:
    """The letters of one account that hold others up, and until when each is not tried."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._waiting: dict[Ref, set[int]] = {}
        self._subjects: dict[int, set[Ref]] = {}
        self._until: dict[int, datetime] = {}

    def hold(self, letter: int, subjects: Iterable[Ref], until: datetime | None = None) -> None:
        """What later letters say of these waits for this one, which is not tried before `until`."""
        for subject in subjects:
            self._waiting.setdefault(subject, set()).add(letter)
            self._subjects.setdefault(letter, set()).add(subject)
        if until is not None:
            self._until[letter] = until

    def release(self, letter: int) -> None:
        """Nobody waits for this one any more."""
        self._until.pop(letter, None)
        for subject in self._subjects.pop(letter, ()):
            self._waiting[subject].discard(letter)
            if not self._waiting[subject]:
                del self._waiting[subject]

    def before(self, letter: int, subjects: Collection[Ref]) -> set[int]:
        """The older letters, and the older part of this very letter, that say something of these and are not done."""
        return {one for subject in subjects for one in self._waiting.get(subject, ()) if one <= letter}

    def until(self, letters: Collection[int]) -> datetime | None:
        """When the last of these letters is tried again; None when one of them is being tried now."""
        moments = [self._until.get(letter) for letter in letters]
        known = [moment for moment in moments if moment is not None]
        return max(known) if known and len(known) == len(moments) else None


def subjects_of(pushed: Pushed) -> set[Ref]:
    """The devices and sessions that a push speaks of."""
    happening = pushed.happening
    named = (happening.device, happening.charging_session, *pushed.proof)
    spoken_of = {ref for ref in named if ref is not None}
    if happening.slot is not None:
        spoken_of.add(happening.slot.device)
    if pushed.said is not None:
        spoken_of.add(pushed.said.device)
    if pushed.session is not None:
        spoken_of.add(pushed.session.ref)
    return spoken_of
