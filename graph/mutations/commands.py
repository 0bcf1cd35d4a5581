"""Orders to hardware. Each gives a command that is kept, sent at most once and followed until its outcome is known."""

from graph import inputs
from graph.mutations.acting import ordering
from graph.mutations.payloads import CommandPayload, RentBatteryPayload, StartChargingPayload
from graph.types.fields import graph_type
from resolvers.ordering.cabinets import CompleteRental, EjectAllBatteries, EjectBattery, OperateDevice, RentBattery
from resolvers.ordering.charging import StartCharging, StopCharging
from resolvers.ordering.many import PublishAdvertisement, SetChargerMode


@graph_type()
class CommandMutations:
    """Orders to hardware."""

    eject_battery: CommandPayload = ordering(
        "Push the battery out of one named slot.",
        inputs.EjectBatteryInput,
        EjectBattery,
    )
    eject_all_batteries: CommandPayload = ordering(
        "Empty a cabinet, whose own id must be typed again.",
        inputs.EjectAllBatteriesInput,
        EjectAllBatteries,
    )
    rent_battery: RentBatteryPayload = ordering("Start a rental.", inputs.RentBatteryInput, RentBattery)
    complete_rental: CommandPayload = ordering("Close a rental.", inputs.CompleteRentalInput, CompleteRental)
    operate_device: CommandPayload = ordering(
        "Do a maintenance operation, one of those that the vendor offers.",
        inputs.OperateDeviceInput,
        OperateDevice,
    )
    start_charging: StartChargingPayload = ordering("Start charging.", inputs.StartChargingInput, StartCharging)
    stop_charging: CommandPayload = ordering(
        "Stop charging: the session that is named, or the one that runs at the slot now and no later one.",
        inputs.StopChargingInput,
        StopCharging,
    )
    set_charger_mode: CommandPayload = ordering(
        "Set how up to 1000 chargers choose their power, over any number of accounts. With anything wrong in the "
        "input nothing is sent; after that each charger has a status of its own.",
        inputs.SetChargerModeInput,
        SetChargerMode,
    )
    publish_advertisement: CommandPayload = ordering(
        "Send 1 to 20 advertisements to the screens of up to 1000 devices.",
        inputs.PublishAdvertisementInput,
        PublishAdvertisement,
    )
