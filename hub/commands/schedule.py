"""When to look for the outcome of a command: by its rule, then ever less often."""

from vendors.manifest import CommandRule

LONGEST_GAP_S = 120.0
"""A vendor that answers again is asked within this time."""
HOPELESS_AFTER_S = 24 * 3600.0
"""A vendor that could not be asked for so long: nobody looks any more."""


def next_look_s(rule: CommandRule, elapsed_s: float) -> float:
    """The next moment to look after so many seconds since the sending, in seconds since the sending too.

    One of them is the end of the rule's patience.
    """
    if elapsed_s < rule.patience_s:
        return min(_by_gaps(rule, elapsed_s), rule.patience_s)
    return _by_gaps(rule, elapsed_s)


def _by_gaps(rule: CommandRule, elapsed_s: float) -> float:
    for moment in rule.looks_s:
        if moment > elapsed_s:
            return moment
    before, moment = (0.0, 0.0, *rule.looks_s)[-2:]
    gap_s = max(1.0, moment - before)
    while moment <= elapsed_s:
        gap_s = min(gap_s * 2, LONGEST_GAP_S)
        moment += gap_s
    return moment
