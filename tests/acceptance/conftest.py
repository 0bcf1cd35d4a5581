"""Whatever a vendor does, this gateway's own log stays free of errors: every test here is held to it."""

import logging
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

GRAVE = ("error", "critical", "exception")


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[list[EventDict]]:
    """What is logged during the test; an error in it fails the test."""
    with capture_logs() as entries:
        yield entries
    assert [entry for entry in entries if entry["log_level"] in GRAVE] == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
