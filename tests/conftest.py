"""Which tests run where: no sockets unless a test says so, and what is left out is said at the end with its reason."""

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from pytest_socket import disable_socket, enable_socket, socket_allow_hosts

GRAPHIQL = Path(__file__).parents[1] / "app" / "graphiql" / "dist" / "index.html"
CLIENTS = Path(__file__).parent / "clients" / "node_modules" / ".installed"
_LOOPBACK = ["127.0.0.1", "::1"]
_left_out: Counter[str] = Counter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, reason in _missing().items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))
                _left_out[f"marked {marker}: {reason}"] += 1


def pytest_runtest_setup(item: pytest.Item) -> None:
    if any(item.get_closest_marker(marker) for marker in ("sockets", "postgres", "browser", "npm")):
        socket_allow_hosts(_LOOPBACK, allow_unix_socket=True)
    else:
        disable_socket(allow_unix_socket=True)  # the event loop wakes itself through one


def pytest_runtest_teardown() -> None:
    enable_socket()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, count in sorted(_left_out.items()):
        terminalreporter.write_line(f"Left out: {count} test{'' if count == 1 else 's'} {what}")


def _missing() -> dict[str, str]:
    """Markers whose tests cannot run here, with what they lack."""
    missing = {}
    if not os.environ.get("CHARGEGRAPH_TEST_POSTGRES_URL"):
        missing["postgres"] = "CHARGEGRAPH_TEST_POSTGRES_URL names no PostgreSQL server (.ci/run starts one)"
    if shutil.which("chromium") is None:
        missing["browser"] = "chromium is not installed (.ci/run installs it)"
    elif not GRAPHIQL.is_file():
        missing["browser"] = "GraphiQL is not built: npm is missing (make setup builds it)"
    if shutil.which("node") is None or not CLIENTS.is_file():
        missing["npm"] = "clients from npm are not installed (make test installs them where npm is there)"
    return missing
