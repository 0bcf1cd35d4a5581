"""Changes of sites and prices. Each is one call to the vendor, never repeated."""

from graph import inputs
from graph.mutations.acting import managing
from graph.mutations.payloads import DevicePayload, SitePayload, TariffPayload
from graph.types.fields import graph_type
from resolvers.managing import sites, tariffs


@graph_type()
class PlaceMutations:
    """Changes of sites and prices."""

    create_site: SitePayload = managing("Make a site.", inputs.CreateSiteInput, sites.create_site)
    update_site: SitePayload = managing(
        "Change a site; what is left out stays as it is.",
        inputs.UpdateSiteInput,
        sites.update_site,
    )
    delete_site: SitePayload = managing("Delete a site.", inputs.DeleteSiteInput, sites.delete_site)
    assign_device_to_site: DevicePayload = managing(
        "Say where a device stands.",
        inputs.AssignDeviceToSiteInput,
        sites.assign_device,
    )
    save_tariff: TariffPayload = managing("Make or change a tariff.", inputs.SaveTariffInput, tariffs.save_tariff)
    delete_tariff: TariffPayload = managing("Delete a tariff.", inputs.DeleteTariffInput, tariffs.delete_tariff)
    assign_tariff: TariffPayload = managing("Give a site its tariff.", inputs.AssignTariffInput, tariffs.assign_tariff)
    unassign_tariff: TariffPayload = managing(
        "Take a site's tariff away.",
        inputs.UnassignTariffInput,
        tariffs.unassign_tariff,
    )
