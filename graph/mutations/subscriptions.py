"""Registrations at vendors for their pushes: promised, and not in this version.

Each checks the ids that it is given and then says that nothing was sent; a real one replaces its line with its own.
"""

from typing import Annotated, Any

from graph import inputs
from graph.mutations.acting import INPUT
from graph.mutations.payloads import NothingDone, VendorSubscriptionPayload
from graph.mutations.reading import values_of
from graph.types.fields import edge, graph_type
from model.states import ProblemCode, Resolution
from resolvers.complaints import Complaint, Refused

NOT_YET = Complaint(
    ProblemCode.UNSUPPORTED,
    "not available in this version; nothing was sent",
    None,
    Resolution.NONE,
)


def _promised(description: str, input_type: Any) -> Any:  # noqa: ANN401 - a type made of annotations; a field
    def resolve(given: Annotated[input_type, INPUT]) -> NothingDone:
        try:
            values_of(given)
        except Refused as refused:
            return NothingDone(refused.complaints)
        return NothingDone((NOT_YET,))

    return edge(f"{description} Not available in this version: answers with a user error and sends nothing.", resolve)


@graph_type()
class SubscriptionMutations:
    """Registrations at vendors for their pushes."""

    create_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Make a vendor push events.",
        inputs.CreateVendorSubscriptionInput,
    )
    update_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Change a registration at a vendor.",
        inputs.UpdateVendorSubscriptionInput,
    )
    delete_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Make a vendor stop pushing events.",
        inputs.VendorSubscriptionIdInput,
    )
    test_vendor_subscription: VendorSubscriptionPayload = _promised(
        "Ask a vendor to push a test event.",
        inputs.VendorSubscriptionIdInput,
    )
