import io
import json
import logging
import sys

import pytest
import structlog

from app.telemetry import configure_logging


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging()
    return stream


def test_every_line_is_json_with_the_request_id(written: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("hub").info("account recovered", account="a")
        logging.getLogger("a.library").warning("plain %s", "text")
    first, second = (json.loads(line) for line in written.getvalue().splitlines())
    assert (first["event"], first["account"], first["level"], first["logger"]) == (
        "account recovered",
        "a",
        "info",
        "hub",
    )
    assert (second["event"], second["request_id"]) == ("plain text", "r1")


def test_urls_of_vendor_calls_are_not_logged(written: io.StringIO) -> None:
    logging.getLogger("httpx").info("HTTP Request: GET https://vendor.example/?token=secret")
    assert written.getvalue() == ""


def test_an_exception_is_one_line(written: io.StringIO) -> None:
    try:
        int("broken")
    except ValueError:
        structlog.get_logger("hub").exception("adapter failed")
    (line,) = written.getvalue().splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_a_terminal_gets_lines_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("warning")
    structlog.get_logger("hub").info("hidden")
    structlog.get_logger("hub").warning("shown", account="a")
    assert "shown" in stream.getvalue()
    assert "hidden" not in stream.getvalue()
    assert not stream.getvalue().startswith("{")
