"""The inbox: committed before it is said to be, few commits for many, and forgotten in time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hub.inbox.addresses import Addresses
from hub.inbox.catalogue import Catalogue
from hub.inbox.inbox import Inbox, NotKept
from hub.inbox.ledger import Entry, Ledger
from hub.inbox.letters import State
from hub.inbox.turns import TurnLost, Turns
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.tables import pushed_keys
from model.events import Happening
from model.states import EventType
from tests.hub.commands.watched import StoreClock, WatchedStore
from tests.hub.ingest.toy import KEY, SETTINGS
from tests.support.clock import START
from vendors.receiving import Push

HAPPENING = Happening(type=EventType.DEVICE_UPDATED, account=KEY)


def push(body: bytes = b"{}") -> Push:
    return Push(headers={}, body=body, received_at=START)


@pytest.fixture
async def inbox(store: WatchedStore) -> AsyncIterator[Inbox]:
    opened = Inbox(store)
    yield opened
    await opened.aclose()


async def test_what_is_kept_can_be_read_by_others_at_once(inbox: Inbox, database_url: str) -> None:
    number = await inbox.keep(KEY, push(b"body"))
    other = await Store.open(database_url)
    letter, content = await Catalogue(other).letter(number) or (None, None)
    await other.aclose()
    assert letter is not None
    assert content is not None
    assert (letter.state, letter.received_at, letter.size, content.body) == (State.WAITING, START, 4, b"body")


async def test_two_hundred_at_once_share_few_commits(inbox: Inbox, store: WatchedStore) -> None:
    commits = 0

    def count() -> None:
        nonlocal commits
        commits += 1

    store.on_commit(count)
    numbers = await asyncio.gather(*(inbox.keep(KEY, push(b"%d" % each)) for each in range(200)))
    assert commits <= 3
    assert len(set(numbers)) == 200
    for each in (0, 99, 199):
        _, content = await Catalogue(store).letter(numbers[each]) or (None, None)
        assert content is not None
        assert content.body == b"%d" % each


async def test_when_nothing_can_be_kept_everybody_hears_it_and_the_next_are_kept(
    inbox: Inbox, store: WatchedStore
) -> None:
    store.is_away = True
    outcomes = await asyncio.gather(*(inbox.keep(KEY, push()) for _ in range(3)), return_exceptions=True)
    store.is_away = False
    assert [type(outcome) for outcome in outcomes] == [NotKept] * 3
    assert await inbox.keep(KEY, push()) == 1


async def test_who_goes_away_while_it_is_written_takes_nobody_with_them(inbox: Inbox, store: WatchedStore) -> None:
    gone, stays = (asyncio.ensure_future(inbox.keep(KEY, push())) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == 2
    assert len(await Catalogue(store).letters([State.WAITING], None, 10)) == 2


async def test_a_letter_says_nothing_of_what_stands_in_it(inbox: Inbox, store: WatchedStore) -> None:
    await inbox.keep(KEY, push(b"driver@example.com"))
    assert "driver" not in repr(await Catalogue(store).letter(1))


async def test_secrets_are_made_once_and_given_ones_are_taken(store: WatchedStore, clock: StoreClock) -> None:
    given = SETTINGS.model_validate({"id": "given", "vendor": "toy", "webhook_secret": "the-secret"})
    first = await Addresses.open(store, clock, [SETTINGS, given], "https://here")
    again = await Addresses.open(store, clock, [SETTINGS, given], "https://here")
    assert first.url(KEY) == again.url(KEY)
    assert first.url("given") == "https://here/webhooks/given/the-secret"
    made = (first.url(KEY) or "").rpartition("/")[2]
    assert len(made) == 43
    assert first.matches(KEY, made)
    assert not first.matches("given", made)
    assert not first.matches("nobody", made)
    assert not first.matches(KEY, "\ud800")
    assert first.url("nobody") is None
    assert (await Addresses.open(store, clock, [SETTINGS], "")).url(KEY) is None
    assert made not in repr(first)


async def test_a_turn_is_one_processs_until_it_falls_silent(store: WatchedStore, clock: StoreClock) -> None:
    one, other = Turns(store, clock, "one"), Turns(store, clock, "other")
    assert await one.keep([KEY]) == {KEY}
    assert await other.keep([KEY]) == set()
    await clock.advance(10)
    assert await one.keep([KEY]) == {KEY}
    await clock.advance(10)
    assert await other.keep([KEY]) == set()
    await clock.advance(5)
    assert await other.keep([KEY]) == {KEY}
    assert await one.keep([KEY]) == set()
    await other.release()
    assert await one.keep([KEY]) == {KEY}
    assert await other.keep([KEY], everything=True) == {KEY}


async def test_who_lost_the_turn_writes_nothing_down(inbox: Inbox, store: WatchedStore, clock: StoreClock) -> None:
    one, other = Turns(store, clock, "one"), Turns(store, clock, "other")
    events = EventLog(store, clock)
    ledger = Ledger(store, clock, events, one)
    await inbox.keep(KEY, push())
    await one.keep([KEY])
    ((letter, _),) = await ledger.due(KEY, (), 10, 10)
    await other.keep([KEY], everything=True)
    with pytest.raises(TurnLost):
        await ledger.settle(KEY, [Entry(letter=letter, keys=("k",), happenings=(HAPPENING,), state=State.DONE)])
    assert await events.newest() == 0
    assert [each.state for each in await Catalogue(store).letters(list(State), None, 10)] == [State.WAITING]


async def test_what_is_old_is_forgotten_and_the_keys_of_what_may_be_replayed_are_not(
    inbox: Inbox, store: WatchedStore, clock: StoreClock
) -> None:
    turns = Turns(store, clock, "one")
    ledger = Ledger(store, clock, EventLog(store, clock), turns)
    for _ in range(3):
        await inbox.keep(KEY, push())
    await turns.keep([KEY])
    (done, _), (dead, _), (waiting, _) = await ledger.due(KEY, (), 10, 100)
    settled = [(done, State.DONE), (dead, State.DEAD), (waiting, State.WAITING)]
    await ledger.settle(KEY, [Entry(letter=one, keys=(f"{one.number}",), state=state) for one, state in settled])

    async def left() -> tuple[list[int], int]:
        await ledger.forget(timedelta(days=7))
        letters = await Catalogue(store).letters(list(State), None, 10)
        async with store.reading() as connection:
            keys = (await connection.execute(select(func.count()).select_from(pushed_keys))).scalar_one()
        return sorted(letter.number for letter in letters), keys

    assert await left() == ([1, 2, 3], 3)
    await clock.advance(timedelta(days=8).total_seconds())
    assert await left() == ([2, 3], 3)
    await clock.advance(timedelta(days=83).total_seconds())
    assert await left() == ([3], 1)


async def test_large_letters_are_taken_few_at_a_time(inbox: Inbox, store: WatchedStore, clock: StoreClock) -> None:
    ledger = Ledger(store, clock, EventLog(store, clock), Turns(store, clock, "one"))
    for size in (50, 40, 20, 1):
        await inbox.keep(KEY, push(b"x" * size))
    assert [letter.size for letter, _ in await ledger.due(KEY, (), 10, 100)] == [50, 40]
    assert [letter.size for letter, _ in await ledger.due(KEY, (), 10, 10)] == [50]
    assert [letter.size for letter, _ in await ledger.due(KEY, (1,), 2, 100)] == [40, 20]
