"""Copy this folder to `vendors/<slug>/`: a made-up vendor, "Blueprint", whose wall chargers have one connector each.

The registry passes over folders whose name begins with an underscore. docs/adding-a-vendor.md goes through the files.
Here: who the vendor is, and everything that an operator should know of it. Nothing but the docstring and the MANIFEST.
"""

from model.states import DeviceKind, SlotKind
from vendors._blueprint.adapter import BlueprintAdapter
from vendors._blueprint.settings import BlueprintSettings
from vendors.kit.quota import Budget
from vendors.manifest import Cadence, Endpoint, Manifest, Mark

MANIFEST = Manifest(
    slug="_blueprint",
    name="Blueprint",
    documentation_url=None,
    default_base_url="https://api.blueprint.example",
    device_kinds=(DeviceKind.EV_CHARGER,),
    slot_kind=SlotKind.CONNECTOR,
    has_batteries=False,
    settings=BlueprintSettings,
    adapter=BlueprintAdapter,
    budgets=(Budget(name="minute", limit=60, window_s=60, reserve=10, is_assumed=True),),
    cadence=Cadence(devices=60, device=30),
    endpoints=(
        Endpoint("GET", "/v1/chargers", "Device", Mark.ASSUMED),
        Endpoint("GET", "/v1/chargers/{id}", "Device, Slot", Mark.ASSUMED),
    ),
    facts=("What the vendor's pages say and an operator should know, a sentence each.",),
    assumptions=("Every reading of the vendor's pages that the code relies on and that nobody confirmed.",),
    unknowns=("What nobody knows, and what that means for what the graph shows.",),
)
