"""The account's one event-push configuration is written and read back; somebody else's is not taken over unasked.

It is replaced as a whole, or merged, which is not documented: every event is sent, wanted or not.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from model.faults import Fault, NotFound, Rejected, Uncertain, Unsupported
from model.refs import Ref, subscription_ref
from model.states import Resolution
from vendors.acting import SubscriptionDraft
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs
from vendors.bajie.translate_rentals import PUSH_CONFIG_ID
from vendors.bajie.webhook import EVENTS
from vendors.bajie.wire import EventSwitch, PushConfig
from vendors.kit.wire import each, read_as


class PushKeeping:
    """One account's configuration. Every write is one call, between two reads."""

    def __init__(self, acts: BajieActs, client: BajieClient, account: str) -> None:
        """Holds nothing else."""
        self._acts = acts
        self._client = client
        self._account = account

    async def create(self, draft: SubscriptionDraft) -> Ref:
        """Let the wanted events, or all, be pushed to the draft's URL."""
        _refuse_what_there_is_not(draft)
        if not draft.webhook_url:
            raise Rejected("register for pushes: name the URL to push to", resolution=Resolution.USER_ACTION)
        wanted = EVENTS if draft.event_types is None else draft.event_types
        await self._write(await self._read(), draft.webhook_url, wanted, takes_over=draft.takes_over)
        return subscription_ref(self._account, PUSH_CONFIG_ID)

    async def update(self, subscription: Ref, draft: SubscriptionDraft) -> None:
        """Change URL or events; what the draft leaves out is written as it was read just before."""
        _refuse_what_there_is_not(draft)
        config, url = await self._registered(subscription)
        wanted = _enabled(config) if draft.event_types is None else draft.event_types
        await self._write(config, draft.webhook_url or url, wanted, takes_over=draft.takes_over)

    async def delete(self, subscription: Ref) -> None:
        """Switch every event off; the vendor has no call that deletes."""
        config, url = await self._registered(subscription)
        await self._write(config, url, (), takes_over=True)

    async def _registered(self, subscription: Ref) -> tuple[PushConfig, str]:
        """What there is, and its URL. Raises NotFound when there is none."""
        config = await self._read() if subscription.native_id == PUSH_CONFIG_ID else PushConfig()
        if config.push_url is None:
            raise NotFound("event push: nothing is registered under this id")
        return config, config.push_url

    async def _read(self) -> PushConfig:
        """The configuration; without a URL when there is none."""
        return read_as(PushConfig, await self._client.push_config() or {}, "event-push configuration")

    async def _write(self, config: PushConfig, url: str, wanted: Collection[str], *, takes_over: bool) -> None:
        known = list(dict.fromkeys([*EVENTS, *(switch.event for switch in _switches(config) if switch.event)]))
        if unknown := sorted(set(wanted) - set(known)):
            message = f"the vendor has no event {', '.join(unknown)}; it has {', '.join(known)}"
            raise Rejected(message, resolution=Resolution.USER_ACTION)
        if not takes_over:
            _refuse_to_take_over(config, url)
        subscriptions = [{"event": event, "pushUrl": "", "enable": event in wanted} for event in known]
        await self._acts.set_push_config({"pushUrl": url, "eventSubscriptions": subscriptions})
        try:
            written = await self._read()
        except Fault as fault:
            message = f"set event push: taken, but the configuration could not be read afterwards: {fault.message}"
            raise Uncertain(message) from fault
        _check(written, url, wanted)


def _refuse_what_there_is_not(draft: SubscriptionDraft) -> None:
    if draft.devices:
        raise Unsupported("the vendor pushes for all cabinets of the account: leave the devices out")
    if draft.secret is not None:
        raise Unsupported("the vendor signs nothing: leave the secret out; the one in the URL's path protects it")
    if draft.version is not None:
        raise Unsupported("the vendor's pushes have no versions: leave the version out")


def _refuse_to_take_over(config: PushConfig, url: str) -> None:
    """An account has one configuration: writing it takes the events away from whoever has them now."""
    receivers = {switch.push_url or config.push_url for switch in _switches(config) if switch.enable is not False}
    others = sorted({_host(other) for other in receivers if other is not None and other != url})
    if others:
        message = (
            f"events of this account are pushed to {', '.join(others)}, and there is room for one receiver only: "
            "say that it may be taken over, or switch its events off first"
        )
        raise Rejected(message, resolution=Resolution.USER_ACTION)


def _check(written: PushConfig, url: str, wanted: Collection[str]) -> None:
    """The configuration is as it was written. An event that is not in it at all is one that the vendor has not yet."""
    if written.push_url != url:
        other = "nobody" if written.push_url is None else _host(written.push_url)
        message = f"set event push: taken, but read afterwards it names {other}: does another system set it too?"
        raise Uncertain(message, resolution=Resolution.USER_ACTION)
    is_on = {switch.event: bool(switch.enable) for switch in _switches(written) if switch.event}
    differing = sorted(event for event in is_on if is_on[event] is not (event in wanted))
    if differing or (wanted and not any(is_on.values())):
        message = f"set event push: taken, but read afterwards these are not as asked: {', '.join(differing) or 'all'}"
        raise Uncertain(message, resolution=Resolution.USER_ACTION)


def _switches(config: PushConfig) -> list[EventSwitch]:
    return list(each(lambda item: read_as(EventSwitch, item, "event"), config.event_subscriptions))


def _enabled(config: PushConfig) -> list[str]:
    return [switch.event for switch in _switches(config) if switch.event and switch.enable]


def _host(url: str) -> str:
    """Who receives: never the path, which may be a secret."""
    try:
        return urlsplit(url).hostname or "an unreadable address"
    except ValueError:
        return "an unreadable address"
