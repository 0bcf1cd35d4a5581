"""What an operator may write, and what the refusals say."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.vendors.letmecharge.replies import KEY, settings
from vendors.letmecharge import MANIFEST
from vendors.letmecharge.settings import Area


def test_the_documented_table_is_read() -> None:
    account = settings()
    assert account.areas == (Area(latitude=43.29, longitude=-2.07, distance_m=5000),)
    assert account.auth_headers == {"Authorization": f"Bearer {KEY}"}
    assert KEY not in repr(account)


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"auth_header": "authorization"}, {"authorization": f"Bearer {KEY}"}),
        ({"auth_prefix": ""}, {"Authorization": KEY}),
        ({"auth_prefix": "Token "}, {"Authorization": f"Token {KEY}"}),
        ({"auth_header": "X-Api-Key"}, {"X-Api-Key": KEY}),
        ({"auth_header": "X-Api-Key", "auth_prefix": "Key"}, {"X-Api-Key": f"Key {KEY}"}),
        ({"api_key": f" {KEY} "}, {"Authorization": f"Bearer {KEY}"}),
    ],
)
def test_the_key_goes_where_the_account_says(changes: dict[str, Any], headers: dict[str, str]) -> None:
    assert settings(**changes).auth_headers == headers


@pytest.mark.parametrize("distance_m", [10, 10_000])
def test_the_distance_may_be_at_the_ends(distance_m: int) -> None:
    area = {"latitude": -90, "longitude": 180, "distance_m": distance_m}
    assert settings(areas=[area]).areas[0].distance_m == distance_m


def _area(**changes: Any) -> dict[str, Any]:
    return {"areas": [{"latitude": 43.29, "longitude": -2.07, "distance_m": 5000, **changes}]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (_area(distance_m=9), "must be 10 to 10000 metres; cover a wider region with several areas"),
        (_area(distance_m=10_001), "must be 10 to 10000 metres; cover a wider region with several areas"),
        (_area(latitude=90.1), "less than or equal to 90"),
        (_area(longitude=-180.1), "greater than or equal to -180"),
        (_area(latitude=float("nan")), "finite number"),
        (_area(radius=5), "areas.0.radius"),
        ({"areas": []}, "at least 1 item"),
        ({"base_url": ""}, "base_url must be set: LetMeCharge publishes no address, it comes with the contract"),
        ({"api_key": " "}, "must be the vendor's key: printable ASCII, not empty"),
        ({"api_key": "clé"}, "must be the vendor's key: printable ASCII, not empty"),
        ({"api_key": "a\nb"}, "must be the vendor's key: printable ASCII, not empty"),
        ({"auth_prefix": "a\nb"}, "must be printable ASCII"),
        ({"auth_header": "X Api"}, "auth_header"),
        ({"token": "x"}, "token"),
    ],
)
def test_a_wrong_table_is_refused_with_a_remedy(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        settings(**changes)
    assert message in str(raised.value)
    assert KEY not in str(raised.value)


def test_the_manifest_has_no_address_of_its_own() -> None:
    assert MANIFEST.default_base_url is None
    assert [(budget.name, budget.limit, budget.window_s, budget.reserve) for budget in MANIFEST.budgets] == [
        ("minute", 60, 60, 6),
    ]
    assert MANIFEST.budgets[0].is_assumed
    assert MANIFEST.slot_status_from_sessions
