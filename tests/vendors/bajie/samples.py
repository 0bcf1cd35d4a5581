"""The vendor's documented answers, and the account that tests read them for."""

import json
from pathlib import Path
from typing import Any

import vendors.bajie
from model.refs import battery_ref, device_ref, session_ref

ACCOUNT = "cabinets-eu"
CABINET = device_ref(ACCOUNT, "XYZ00001")
BATTERY_1 = battery_ref(ACCOUNT, "FEED000001")
BATTERY_2 = battery_ref(ACCOUNT, "FEED000002")
ORDER = session_ref(ACCOUNT, "26010112000000000001")


def sample(name: str) -> Any:
    folder = Path(vendors.bajie.__path__[0]) / "samples"
    return json.loads((folder / f"{name}.json").read_text())
