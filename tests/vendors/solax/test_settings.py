from typing import Any

import pytest
from pydantic import ValidationError

from vendors.solax.settings import SolaxSettings

ACCOUNT: dict[str, Any] = {
    "id": "chargers",
    "vendor": "solax",
    "token_id": "202601010000000000000001",
    "devices": ["XB3233HC225009"],
}


def test_the_documented_account() -> None:
    settings = SolaxSettings.model_validate(ACCOUNT)

    assert settings.base_url == "https://www.solaxcloud.com"
    assert settings.power_unit == "W"
    assert settings.token_id.get_secret_value() == ACCOUNT["token_id"]
    assert ACCOUNT["token_id"] not in repr(settings)


def test_serial_numbers_are_tidied() -> None:
    settings = SolaxSettings.model_validate({**ACCOUNT, "devices": [" A ", "B", "A"]})

    assert settings.devices == ("A", "B")


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"token_id": " "}, "copy the tokenId"),
        ({"devices": []}, "must name the chargers"),
        ({"devices": ["A", " "]}, "must name the chargers"),
        ({"power_unit": "MW"}, "'W' or 'kW'"),
        ({"tokenid": "x"}, "Extra inputs"),
    ],
)
def test_mistakes_name_the_remedy(change: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValidationError, match=remedy):
        SolaxSettings.model_validate({**ACCOUNT, **change})
