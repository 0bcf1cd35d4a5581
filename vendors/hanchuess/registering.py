"""Registrations for HanChuESS's pushes: what is sent of a draft, and what is read before.

The vendor wants every field of a change, echoes no secret, and pushes nothing to a registration that was not tested:
https://docs.hanchuess.com/home/events/subscriptions-api
"""

from secrets import token_urlsafe

from model.faults import NotFound, Rejected
from model.records import VendorSubscription
from model.refs import Ref, subscription_ref
from model.states import Resolution
from vendors.acting import SubscriptionDraft
from vendors.hanchuess import translate
from vendors.hanchuess.client import HanchuessClient
from vendors.hanchuess.events import EVENTS
from vendors.hanchuess.settings import HanchuessSettings, WebhookSignature
from vendors.kit.wire import each

SECRET_BYTES = 32


class Registering:
    """The registrations of one partner."""

    def __init__(self, client: HanchuessClient, settings: HanchuessSettings) -> None:
        """Makes no call."""
        self._client = client
        self._settings = settings
        self._account = settings.id

    async def listed(self) -> list[VendorSubscription]:
        """Every registration, each once: a call."""
        wires = await self._client.list_subscriptions()
        found = each(lambda wire: translate.subscription(self._account, wire), wires)
        return list({subscription.ref: subscription for subscription in found}.values())

    async def create(self, draft: SubscriptionDraft) -> Ref:
        """A new registration, inactive until it was tested: a call."""
        if not draft.webhook_url:
            raise _refused("give the URL that HanChuESS is to push to")
        devices = self._devices(draft) or self._settings.devices
        if not devices:
            raise _refused("name the devices to be told of: HanChuESS has no registration for all of them")
        registration = {
            "webhookUrl": draft.webhook_url,
            "events": list(draft.event_types or EVENTS),
            "secret": self._secret(draft) or token_urlsafe(SECRET_BYTES),
            "devices": list(devices),
            **({} if draft.version is None else {"version": draft.version}),
        }
        return subscription_ref(self._account, await self._client.subscribe(registration))

    async def update(self, subscription: Ref, draft: SubscriptionDraft) -> None:
        """What the draft says, and of everything else what is so now: a call to read it, and one to change it."""
        now = next((it for it in await self.listed() if it.ref == subscription), None)
        if now is None:
            raise NotFound("HanChuESS does not know this registration any more: create a new one")
        devices = self._devices(draft) or tuple(device.native_id for device in now.devices)
        registration = {
            "webhookUrl": draft.webhook_url or now.webhook_url,
            "events": list(draft.event_types or now.event_types or EVENTS),
            "secret": self._secret(draft),
            "devices": list(devices),
            "version": draft.version or now.version,
        }
        # What nobody knows is left out: the secret, which the list never tells, stays as it is (ASSUMED).
        known = {name: value for name, value in registration.items() if value}
        await self._client.resubscribe(subscription.native_id, known)

    async def test(self, subscription: Ref) -> None:
        """Let the vendor push its test event, which activates the registration: a call, which may be repeated."""
        try:
            await self._client.test_subscription(subscription.native_id)
        except Rejected as refusal:
            remedy = "its test push may not have been answered: check that the webhook URL can be reached from outside"
            message = f"HanChuESS refused the test; {remedy}"
            raise Rejected(message, raw_code=refusal.raw_code, resolution=Resolution.USER_ACTION) from refusal

    def _devices(self, draft: SubscriptionDraft) -> tuple[str, ...]:
        return tuple(dict.fromkeys(device.native_id for device in draft.devices or ()))

    def _secret(self, draft: SubscriptionDraft) -> str | None:
        """What the pushes will be signed with: one that this account accepts, where it looks at signatures."""
        accepted = self._settings.webhook_keys
        looks = self._settings.webhook_signature is not WebhookSignature.NONE
        if looks and draft.secret is not None and draft.secret not in accepted:
            raise _refused("set the new secret as the account's webhook_signing_secret first, or leave it out here")
        return draft.secret or next(iter(accepted), None)


def _refused(message: str) -> Rejected:
    return Rejected(message, resolution=Resolution.USER_ACTION)
