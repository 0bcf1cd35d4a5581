"""Whatever the vendor sends, translate gives well-formed records or raises Malformed."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.faults import Malformed
from tests.support import wellformed
from tests.vendors.bajie.samples import ACCOUNT, CABINET, ORDER, sample
from tests.vendors.bajie.shapes import anything, shaped
from vendors.bajie import MANIFEST, translate, translate_evidence, translate_rentals
from vendors.bajie.webhook import rental_word
from vendors.bajie.wire import CHINA

TRANSLATIONS: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "device_info": (sample("device_info")["data"], lambda data: translate.device_info(CABINET, data, 0.6)),
    "listed_device": (sample("devices")["data"][0], lambda item: translate.listed_device(ACCOUNT, item, CHINA)),
    "shop": (sample("shops")["data"][0], lambda item: translate.shop(ACCOUNT, item)),
    "slot_health": (sample("slots")["data"][0], lambda item: translate.slot_health(CABINET, item)),
    "battery_health": (sample("batteries")["data"][0], lambda item: translate.battery_health(CABINET, item, 0.6)),
    "listed_order": (
        sample("orders")["page"]["records"][0],
        lambda item: translate_rentals.listed_order(ACCOUNT, item, "EUR"),
    ),
    "order_detail": (
        sample("order_detail")["data"],
        lambda data: translate_rentals.order_detail(ORDER, data, CHINA, None),
    ),
    "price_strategy": (
        sample("price_strategies")["data"]["records"][0],
        lambda item: translate_rentals.price_strategy(ACCOUNT, item, "EUR"),
    ),
    "push_config": (sample("push_config")["data"], lambda data: translate_rentals.push_config(ACCOUNT, data)),
}


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_documents_of_about_that_shape(name: str) -> None:
    document, translated = TRANSLATIONS[name]

    @settings(max_examples=100, deadline=None)
    @given(shaped(document))
    def check(payload: Any) -> None:
        with suppress(Malformed):
            wellformed.check(translated(payload), MANIFEST, ACCOUNT)

    check()


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_plain_nonsense(name: str) -> None:
    _, translated = TRANSLATIONS[name]

    @settings(max_examples=40, deadline=None)
    @given(anything)
    def check(payload: Any) -> None:
        with suppress(Malformed):
            translated(payload)

    check()


READINGS: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "order_status": ({"tradeNo": "26010112000000000001", "status": 1}, translate_evidence.order_status),
    "lent": (sample("order_detail")["data"], lambda data: translate_evidence.lent(data, CHINA)),
    "listed_lent": (sample("orders")["page"]["records"][0], translate_evidence.listed_lent),
    "has_ended": (sample("order_detail")["data"], translate_evidence.has_ended),
    "is_running": (sample("order_detail")["data"], translate_evidence.is_running),
    "authentic": (
        sample("batteries")["data"],
        lambda items: translate_evidence.authentic(items if isinstance(items, list) else [items], is_authentic=True),
    ),
    "is_locked": (
        sample("slots")["data"],
        lambda items: translate_evidence.is_locked(items if isinstance(items, list) else [items], 1),
    ),
}


@pytest.mark.parametrize("name", READINGS)
def test_evidence_of_about_that_shape(name: str) -> None:
    document, read = READINGS[name]

    @settings(max_examples=60, deadline=None)
    @given(shaped(document) | anything)
    def check(payload: Any) -> None:
        with suppress(Malformed):
            read(payload)

    check()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from(["", "application/json", "x"]))
def test_a_callback_is_read_or_malformed(body: bytes, media_type: str) -> None:
    with suppress(Malformed):
        assert rental_word(body, media_type).status
