from typing import Any

import pytest
from pydantic import ValidationError

from vendors.bajie.settings import BajieSettings

ACCOUNT = {"id": "cabinets-eu", "vendor": "bajie", "username": "agent-example", "password": "a-long-password"}


def read(**keys: Any) -> BajieSettings:
    return BajieSettings.model_validate({**ACCOUNT, **keys})


def test_the_keys_of_the_design_are_enough() -> None:
    settings = read(name="Cabinets Europe", base_url="https://developer.chargenow.top/cdb-open-api/v1")

    assert settings.username == "agent-example"
    assert settings.password.get_secret_value() == "a-long-password"
    assert settings.rental_minimum_percent == 60
    assert settings.utc_offset_hours == 8
    assert settings.code_200_paths == ("/shop/",)


@pytest.mark.parametrize(
    ("keys", "remedy"),
    [
        ({"username": ""}, "must be the ChargeNow user name"),
        ({"username": "agent:example"}, "without a colon"),
        ({"password": ""}, "is its environment variable set"),
        ({"rental_minimum_percent": 101}, "less than or equal to 100"),
        ({"currency": "euro"}, "currency"),
        ({"utc_offset_hours": 24}, "utc_offset_hours"),
        ({"token": "x"}, "token"),
    ],
)
def test_wrong_keys_are_named_with_a_remedy(keys: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValidationError, match=remedy):
        read(**keys)


def test_the_password_is_not_in_an_error() -> None:
    with pytest.raises(ValidationError) as raised:
        read(username="agent:example", currency="euro")

    assert "a-long-password" not in str(raised.value)
