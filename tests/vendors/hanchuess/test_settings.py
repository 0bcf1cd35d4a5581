"""What an operator may write, and the remedy named when it is wrong."""

from typing import Any

import pytest
from pydantic import ValidationError

from vendors.hanchuess.settings import HanchuessSettings, PowerSigns, WebhookSignature

DESIGNED = {
    "id": "storage",
    "vendor": "hanchuess",
    "oem": "H03PARTNER01",
    "token": "token-secret",
    "devices": ["H01DEVICE001"],
}
CLIENT = {"client_id": "id", "client_secret": "client-secret"}


def settings(**changes: Any) -> HanchuessSettings:
    return HanchuessSettings.model_validate({key: it for key, it in {**DESIGNED, **changes}.items() if it is not None})


def test_a_token_is_enough_and_signs_too() -> None:
    account = settings()

    assert account.devices == ("H01DEVICE001",)
    assert (account.api_prefix, account.portal_prefix) == ("/api", "/portal")
    assert account.power_signs is PowerSigns.UNKNOWN
    assert account.signing_key == account.token.get_secret_value() if account.token else None


def test_what_requests_are_signed_with() -> None:
    assert settings(token=None, **CLIENT).signing_key == "client-secret"
    assert settings(token=None, **CLIENT, signing_secret="other").signing_key == "other"
    assert settings(signing_secret="other").signing_key == "other"


def test_prefixes_lose_their_last_slash_and_users_their_repetitions() -> None:
    account = settings(api_prefix="/", portal_prefix="/x/", external_user_ids=["b", "a", "b"])

    assert (account.api_prefix, account.portal_prefix) == ("", "/x")
    assert account.external_user_ids == ("b", "a")


def test_what_pushes_may_be_signed_with() -> None:
    now, before = "the-secret-of-today", "the-secret-of-yesterday"

    assert settings().webhook_signature is WebhookSignature.NONE
    assert settings().webhook_keys == ()
    assert settings(webhook_signing_secret=now).webhook_keys == (now,)
    assert settings(webhook_signing_secret=now, webhook_previous_signing_secret=before).webhook_keys == (now, before)


def test_secrets_do_not_show() -> None:
    account = settings(
        token=None, **CLIENT, signing_secret="signing-secret", webhook_signing_secret="push-signing-secret"
    )

    assert "client-secret" not in repr(account)
    assert "signing-secret" not in repr(account) + account.model_dump_json()


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"token": None}, "give token, or both client_id and client_secret"),
        ({"token": None, "client_id": "id"}, "give token, or both client_id and client_secret"),
        ({"client_id": "id", "client_secret": "s"}, "give either token, or client_id and client_secret"),
        ({"client_secret": "s"}, "use signing_secret to sign beside a token"),
        ({"api_prefix": "api"}, 'must be empty or start with "/"'),
        ({"power_signs": "guess"}, "battery_charging_grid_import"),
        ({"webhook_signature": "hmac-sha256"}, "needs webhook_signing_secret"),
        (
            {"webhook_signature": "hmac-sha256", "webhook_previous_signing_secret": "token-secret-of-before"},
            "needs webhook_signing_secret",
        ),
        ({"webhook_signature": "sha1", "webhook_signing_secret": "token-secret-of-now"}, "hmac-sha256"),
        ({"webhook_signing_secret": "token-secret"}, "webhook_signing_secret"),
        ({"webhook_signature_header": "X Signature"}, "webhook_signature_header"),
        ({"oem": None}, "oem"),
        ({"devics": []}, "devics"),
    ],
)
def test_the_remedy_is_named(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValidationError) as raised:
        settings(**changes)
    assert remedy in str(raised.value)
    assert "token-secret" not in str(raised.value)
