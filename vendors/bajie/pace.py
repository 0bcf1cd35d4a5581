"""How fast commands are here, in seconds since they were sent."""

from datetime import datetime

from vendors.acting import Task

LOOKS_S = (5.0, 10.0, 20.0, 30.0, 60.0)
"""Batteries were seen to take seconds to leave, and the vendor's records 10 to 30 s to say so."""
JUDGED_AFTER_S = 30.0
"""Before that nothing that did not happen, or happened otherwise, is concluded from reads."""
DEADLINE_S = 60.0
PATIENCE_S = 600.0


def since_sent_s(task: Task, now: datetime) -> float:
    """How long ago a task was sent."""
    return (now - (task.sent_at or task.created_at)).total_seconds()
