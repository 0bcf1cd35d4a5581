"""What a person starts: simulators, gateway, demo and doctor as processes of their own, over real sockets."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex

import asyncpg
import httpx
import pytest
from sqlalchemy.engine import make_url

from tests.app.chromium import opened
from tests.app.programs import PATIENCE_S, answering, ended, interrupted, query, started
from vendors.registry import manifests

pytestmark = pytest.mark.sockets

FLEET = (Path(__file__).parents[2] / "app/graphiql/examples/1-fleet.graphql").read_text(encoding="utf-8")
TABS = [
    "Fleet",
    "Health",
    "Sites",
    "RunningSessions",
    "FreshStorage",
    "EjectBattery",
    "StartCharging",
    "SetChargerMode",
    "Commands",
    "Live",
]
SET_MODE = """mutation { setChargerMode(input: {
  deviceIds: ["Device:chargers:C107SIM0000001"], mode: STOP, idempotencyKey: "process-test"
}) { command { id status } userErrors { message } } }"""
SIMULATE = ("simulate", "--port-base", "0", "--json", "--attached")


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


async def configuration(urls: Mapping[str, str], path: Path) -> Path:
    """A file with an account at each of these simulators; the first secret comes from the environment."""
    lines = ["[auth]", 'mode = "none"', "[storage]", 'database_url = "sqlite+aiosqlite:///gateway.db"']
    async with httpx.AsyncClient(trust_env=False) as client:
        for slug, url in urls.items():
            shown = (await client.get(f"{url}/_control")).json()
            table = {**shown["account"], "vendor": slug, "base_url": url + shown["base_path"]}
            lines += ["[[accounts]]", *(f"{key} = {in_toml(value)}" for key, value in table.items())]
    path.write_text("\n".join(lines).replace('"${', '"$${'), encoding="utf-8")  # noqa: ASYNC240 - a test
    return path


def in_toml(value: object) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{key} = {in_toml(item)}" for key, item in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(in_toml, value)) + "]"
    return json.dumps(value)


async def test_gateway_over_simulators(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with started(*SIMULATE, folder=tmp_path) as simulators:
        assert simulators.stdout is not None
        urls = json.loads(await asyncio.wait_for(simulators.stdout.readline(), PATIENCE_S))
        config = await configuration(urls, tmp_path / "chargegraph.toml")

        async with started("doctor", "--config", str(config), folder=tmp_path) as doctor:
            code, printed = await ended(doctor)
            assert (code, printed.count("The address answers and the credentials are accepted")) == (0, 5), printed
            assert "All is well." in printed

        serve = ("serve", "--config", str(config), "--port", str(port))
        async with started(*serve, folder=tmp_path) as gateway:
            await answering(f"{url}/healthz", gateway)
            answer = await query(url, FLEET)
            assert "errors" not in answer
            assert vendors_in(answer) == {each.name for each in manifests().values()}
            code, log = await interrupted(gateway, signal.SIGTERM)
            assert code == 0
            assert "Traceback" not in log

        assert simulators.stdin is not None
        simulators.stdin.close()
        assert (await ended(simulators))[0] == 0

        async with started(*serve, folder=tmp_path) as gateway:
            await answering(f"{url}/healthz", gateway)
            answer = await query(url, FLEET)
            assert "cabinets-eu" in json.dumps(answer), "what was known before the restart is served"
            assert '"STORED"' in json.dumps(answer)
            async with started("doctor", "--config", str(config), folder=tmp_path) as doctor:
                code, printed = await ended(doctor)
                assert code == 1
                assert printed.count("✗ The vendor is not reachable: check base_url and the network") == 5
            assert (await interrupted(gateway))[0] == 0


def vendors_in(answer: Mapping[str, object]) -> set[str]:
    data = answer["data"]
    assert isinstance(data, dict)
    return {node["vendor"]["name"] for node in data["devices"]["nodes"]}


async def test_the_demo_starts_and_ends_cleanly(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with started("demo", "--port", str(port), folder=tmp_path) as demo:
        await answering(f"{url}/healthz", demo)
        assert vendors_in(await query(url, FLEET)) == {each.name for each in manifests().values()}
        children = children_of(demo.pid)
        code, printed = await interrupted(demo)
    assert code == 0
    assert f"{url}/graphql" in printed
    assert "Everything is stopped." in printed
    assert "Traceback" not in printed
    assert len(children) == 1
    assert not any(Path(f"/proc/{child}").exists() for child in children)  # noqa: ASYNC240
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


async def test_the_simulators_end_even_when_the_demo_is_killed(tmp_path: Path) -> None:
    port = free_port()
    async with started("demo", "--port", str(port), folder=tmp_path) as demo:
        await answering(f"http://127.0.0.1:{port}/healthz", demo)
        children = children_of(demo.pid)
        demo.kill()
        await demo.wait()
    async with asyncio.timeout(PATIENCE_S):
        while any(is_running(child) for child in children):  # noqa: ASYNC110 - nobody tells of a stranger's end
            await asyncio.sleep(0.05)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        async with started("demo", "--port", port, folder=tmp_path) as demo:
            code, printed = await ended(demo)
    assert code == 1
    assert f"Port {port} on 127.0.0.1 is taken by another program" in printed
    assert "Traceback" not in printed


async def test_logs_hold_no_secret(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with started(*SIMULATE, "--vendor", "solax", folder=tmp_path) as simulators:
        assert simulators.stdout is not None
        urls = json.loads(await asyncio.wait_for(simulators.stdout.readline(), PATIENCE_S))
        config = await configuration(urls, tmp_path / "chargegraph.toml")
        async with httpx.AsyncClient(trust_env=False) as client:
            token = (await client.get(f"{urls['solax']}/_control")).json()["account"]["token_id"]
            await client.put(f"{urls['solax']}/_control/faults/http_500")
        async with started("serve", "--config", str(config), "--port", str(port), folder=tmp_path) as gateway:
            await answering(f"{url}/healthz", gateway)
            await query(url, FLEET)
            await query(url, '{ device(id: "Device:chargers:secret-in-a-query") { id } }')
            _, log = await interrupted(gateway)
    assert all(json.loads(line)["level"] for line in log.splitlines())
    assert token not in log
    assert "secret-in-a-query" not in log


async def test_a_command_is_called_back_over_http_confirmed_and_shown(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with started(*SIMULATE, "--vendor", "solax", "--speed", "5", folder=tmp_path) as simulators:
        assert simulators.stdout is not None
        urls = json.loads(await asyncio.wait_for(simulators.stdout.readline(), PATIENCE_S))
        config = str(await configuration(urls, tmp_path / "chargegraph.toml"))
        async with started("serve", "--config", config, "--port", str(port), folder=tmp_path) as gateway:
            await answering(f"{url}/healthz", gateway)
            given, repeated = await query(url, SET_MODE), await query(url, SET_MODE)
            command = command_in(given)
            assert command_in(repeated) == command
            await confirmed(url, command)

            async with httpx.AsyncClient(trust_env=False) as client:
                shown = (await client.get(f"{urls['solax']}/_control/acts")).json()
                metrics = (await client.get(f"{url}/metrics")).text
            assert len(shown["acts"]) == 1
            paths = {path for _, path, status in shown["calls_back"] if status == 200}
            ((account, secret),) = [path.removeprefix("/webhooks/").split("/") for path in paths]
            assert account == "chargers"
            assert 'chargegraph_commands_total{kind="SET_CHARGER_MODE",status="CONFIRMED"} 1.0' in metrics
            assert 'chargegraph_webhook_requests_total{outcome="unknown"} 0.0' in metrics

            listed = await printed_by("commands", "list", "--config", config, "--json", folder=tmp_path)
            assert [(each["id"], each["status"]) for each in json.loads(listed)] == [(command, "CONFIRMED")]
            story = await printed_by("commands", "show", command, "--config", config, folder=tmp_path)
            assert "→ ACKNOWLEDGED  by callback" in story
            assert "→ CONFIRMED  by read-back" in story
            settled = await printed_by("commands", "reconcile", "--config", config, folder=tmp_path)
            assert settled == "Nothing is open that a vendor could tell of.\n"
            _, log = await interrupted(gateway)
    assert '"event": "command moved"' in log
    assert secret not in f"{log}{metrics}{story}{listed}"


def command_in(answer: Mapping[str, object]) -> str:
    data = answer["data"]
    assert isinstance(data, dict), answer
    payload = data["setChargerMode"]
    assert payload["userErrors"] == []
    return str(payload["command"]["id"])


async def confirmed(url: str, command: str) -> None:
    status = f'{{ command(id: "{command}") {{ status }} }}'
    async with asyncio.timeout(PATIENCE_S):
        while "CONFIRMED" not in json.dumps(await query(url, status)):  # noqa: ASYNC110 - nobody tells yet
            await asyncio.sleep(0.1)


async def printed_by(*arguments: str, folder: Path) -> str:
    """What a command prints that ends well."""
    async with started(*arguments, folder=folder) as process:
        code, printed = await ended(process)
    assert code == 0, printed
    return printed


@pytest.mark.browser
async def test_the_page_shows_every_vendor_and_asks_nobody_else(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with started("demo", "--port", str(port), folder=tmp_path) as demo:
        await answering(f"{url}/healthz", demo)
        async with opened(f"{url}/graphql", tmp_path / "profile") as page:
            await page.until("document.querySelector('.graphiql-query-editor')?.innerText.includes('Fleet')")
            tabs = await page.evaluate(
                "[...document.querySelectorAll('.graphiql-tab')].map(tab => tab.innerText.trim())"
            )
            assert tabs == TABS
            await page.evaluate("document.querySelector('.graphiql-execute-button').click()")
            await page.until("document.querySelector('.graphiql-response').innerText.includes('totalCount')")
            answer = json.loads((await page.answers())[-1])
            assert page.complaints == []
        elsewhere = [each for each in page.requested if not each.startswith((f"{url}/", "data:", "blob:"))]
        assert (await interrupted(demo))[0] == 0
    assert vendors_in(answer) == {each.name for each in manifests().values()}
    assert elsewhere == []
    assert f"{url}/graphql" in page.requested


@pytest.mark.browser
async def test_the_page_shows_a_stream_until_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    response = "document.querySelector('.graphiql-response').innerText"
    async with started("demo", "--port", str(port), folder=tmp_path) as demo:
        await answering(f"{url}/healthz", demo)
        async with opened(f"{url}/graphql", tmp_path / "profile") as page:
            await page.until("document.querySelector('.graphiql-query-editor')?.innerText.includes('Fleet')")
            tab = "[...document.querySelectorAll('.graphiql-tab button')].find(one => one.innerText.trim() === 'Live')"
            await page.evaluate(f"{tab}.click()")
            await page.until("document.querySelector('.graphiql-query-editor')?.innerText.includes('deviceChanged')")
            await asyncio.sleep(1)  # so long the page would still run the operation of the tab before
            await page.evaluate("document.querySelector('.graphiql-execute-button').click()")
            await page.until(f"{response}.includes('connectivity')")
            assert "errors" not in await page.evaluate(response)
            await page.evaluate("document.querySelector('.graphiql-execute-button').click()")
            assert page.complaints == []
        assert (await interrupted(demo))[0] == 0


@pytest.mark.postgres
async def test_postgres_is_served_once_it_is_migrated(tmp_path: Path) -> None:
    async with new_database() as database_url:
        config = tmp_path / "chargegraph.toml"
        config.write_text('[auth]\nmode = "none"\n[storage]\ndatabase_url = "${DATABASE_URL}"\n', encoding="utf-8")
        port = free_port()
        serve = ("serve", "--config", str(config), "--port", str(port))

        async with started(*serve, folder=tmp_path, DATABASE_URL=database_url) as gateway:
            code, printed = await ended(gateway)
            assert (code, "run `chargegraph migrate` first" in printed) == (2, True), printed
        for words in ("applied 0001", "The database is up to date."):
            migrate = ("migrate", "--config", str(config))
            async with started(*migrate, folder=tmp_path, DATABASE_URL=database_url) as migration:
                code, printed = await ended(migration)
                assert (code, words in printed) == (0, True), printed
        async with started(*serve, folder=tmp_path, DATABASE_URL=database_url) as gateway:
            await answering(f"http://127.0.0.1:{port}/readyz", gateway)
            assert (await interrupted(gateway))[0] == 0


@asynccontextmanager
async def new_database() -> AsyncIterator[str]:
    """The URL of an empty database beside the one for tests."""
    given = make_url(os.environ["CHARGEGRAPH_TEST_POSTGRES_URL"])
    name = f"chargegraph_{token_hex(4)}"
    connection = await asyncpg.connect(given.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield given.set(database=name).render_as_string(hide_password=False)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()
