"""The account's keys, and what is said when they are wrong."""

import pytest
from pydantic import ValidationError

from tests.vendors.lvcchong.replies import OEM, OPEN, SIGNING_IN
from vendors.lvcchong.settings import OEM_BASE_URL, Area, LvccSettings


def test_the_account_of_the_handbook() -> None:
    settings = LvccSettings.model_validate(
        {
            "id": "sockets",
            "vendor": "lvcchong",
            "base_url": "https://lvcc.example/openapi/",
            "token": "issued",
            "devices": ["867000000000001"],
            "areas": [{"latitude": 25.83, "longitude": 114.93}],
        }
    )

    assert settings.dialect == "open"
    assert settings.base_url == "https://lvcc.example/openapi"
    assert settings.devices == ("867000000000001",)
    assert settings.areas == (Area(latitude=25.83, longitude=114.93),)
    assert settings.token is not None
    assert settings.token.get_secret_value() == "issued"
    assert settings.sign_in_form() == {}
    assert settings.result_path == "/queryChargeResult"


def test_the_oem_platform_has_an_address() -> None:
    settings = LvccSettings.model_validate({**SIGNING_IN, "base_url": ""})

    assert settings.base_url == OEM_BASE_URL
    assert settings.sign_in_form() == {"username": "demo", "password": "secret-password"}


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({**OPEN, "base_url": ""}, "base_url must be set"),
        ({key: value for key, value in OPEN.items() if key != "token"}, "token must be set: the open platform"),
        ({**SIGNING_IN, "token_path": ""}, "token must be set, or username, password and token_path"),
        ({**OEM, "areas": [{"latitude": 1, "longitude": 1}]}, "areas must be left out"),
        ({**OPEN, "token": "令牌"}, "printable ASCII"),
        ({**OPEN, "areas": [{"latitude": 91, "longitude": 1}]}, "latitude"),
        ({**OPEN, "dialect": "closed"}, "dialect"),
        ({**SIGNING_IN, "token_path": "getToken"}, "token_path"),
        ({**OPEN, "result_path": "queryChargeResult"}, "result_path"),
        ({**OPEN, "result_path": ""}, "result_path"),
        ({**OPEN, "tokn": "x"}, "tokn"),
    ],
)
def test_a_wrong_account_is_told_what_to_do(account: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        LvccSettings.model_validate(account)

    assert said in str(refused.value)
    assert "secret" not in str(refused.value)
