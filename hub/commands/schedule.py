"""When to look for the outcome of a command: by its rule, then ever less often."""

from vendors.manifest import CommandRule

LONGEST_GAP_S = 120.0
"""A vendor that answers again is asked within this time."""
HOPELESS_AFTER_S = 24 * 3600.0
"""A vendor that could not be asked for so long: nobody looks any more."""


def next_look_s(rule: CommandRule, elapsed_s: float) -> float:
    """The next moment to look after so many seconds since the sending, in seconds since the sending too."""
    for moment in rule.looks_s:
        if moment > elapsed_s:
            return moment
    *earlier, moment = (0.0, *rule.looks_s)
    gap_s = max(1.0, moment - (earlier[-1] if earlier else 0.0))
    while moment <= elapsed_s:
        moment += min(gap_s, LONGEST_GAP_S)
        gap_s *= 2
    return moment
