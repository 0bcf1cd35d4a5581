"""The five calls about registrations: https://docs.hanchuess.com/home/events/subscriptions-api."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vendors.hanchuess import simulated_documents as documents
from vendors.hanchuess.simulated_deliveries import Deliveries
from vendors.hanchuess.simulated_documents import stamps_of
from vendors.hanchuess.simulated_door import LostReply, refused
from vendors.hanchuess.simulated_envelopes import Envelopes
from vendors.hanchuess.simulated_fleet import Fleet, NoSuchThing
from vendors.hanchuess.simulated_subscriptions import SubscriptionBook
from vendors.kit.simulator import Simulator

Body: TypeAlias = Mapping[str, Any]


class Registry:
    """Answers for the one partner. A body that lacks something raises KeyError, TypeError or ValueError."""

    def __init__(
        self, world: Simulator, oem: str, fleet: Fleet, book: SubscriptionBook, deliveries: Deliveries
    ) -> None:
        """Asks the world's switches."""
        self._world = world
        self._oem = oem
        self._fleet = fleet
        self._book = book
        self._deliveries = deliveries
        self._envelopes = Envelopes(world)

    def list(self, request: Request, body: Body) -> Response:
        """In the odd wrapping of the reference's sample, unless a switch asks for another."""
        self._only_partner(body["oem"])
        if self._world.struck("silent_deactivation"):
            self._book.deactivate_all()
        path = request.url.path
        if refusal := self._envelopes.refusal(path):
            return refusal
        found = [documents.subscription(it, stamps_of(self._world)) for it in self._book.all()]
        form = self._world.struck("list_form", path)
        if form is not None and form.value == "plain":
            return JSONResponse(found)
        if form is not None and form.value == "data":
            return self._envelopes.success(path, found, as_text=True)
        errno = self._envelopes.errno(200, path, as_text=True)
        return JSONResponse({"devices": [{**errno, "msg": "success", "data": it} for it in found]})

    def subscribe(self, request: Request, body: Body) -> Response:
        """Inactive until it was tested."""
        self._only_partner(body["oem"])
        path = request.url.path
        if refusal := self._envelopes.refusal(path):
            return refusal
        made = self._book.subscribe(body, self._fleet.assets(), self._world.now)
        if self._world.struck("subscribe_lost_reply", path):
            return LostReply()
        return self._envelopes.success(path, documents.subscription(made, stamps_of(self._world)), as_text=True)

    def resubscribe(self, request: Request, body: Body) -> Response:
        """Merges and stays active, unless a switch asks for the other reading of the reference."""
        self._only_partner(body["oem"])
        path = request.url.path
        if refusal := self._envelopes.refusal(path):
            return refusal
        replaces = self._world.struck("resubscribe_replaces", path) is not None
        changed = self._book.resubscribe(body, self._fleet.assets(), replaces=replaces)
        return self._envelopes.success(path, documents.subscription(changed, stamps_of(self._world)))

    def unsubscribe(self, request: Request, _: Body) -> Response:
        """By its path alone."""
        self._only_partner(request.path_params["oem"])
        path = request.url.path
        if refusal := self._envelopes.refusal(path):
            return refusal
        self._book.unsubscribe(request.path_params["subscriptionId"])
        return self._envelopes.success(path)

    async def test(self, request: Request, body: Body) -> Response:
        """Answered once the test event was, or when it was not."""
        self._only_partner(body["oem"])
        subscription = self._book.find(body["subscriptionId"])
        path = request.url.path
        if refusal := self._envelopes.refusal(path):
            return refusal
        if not await self._deliveries.test(subscription):
            return refused(400, "Bad Request")
        return self._envelopes.success(path)

    def _only_partner(self, oem: object) -> None:
        if oem != self._oem:
            raise NoSuchThing("Partner Does Not Exist")
