"""What can be wished of many devices at once, over several accounts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from model.commands import Aim, Instruction, Media
from model.refs import Ref
from model.states import ChargerMode, CommandKind
from resolvers.complaints import Complaint, invalid
from resolvers.ordering.finding import Finder
from resolvers.ordering.wish import Wish
from resolvers.texts import flaws_of_text

MOST_DEVICES = 1000
MOST_MEDIA = 20
LONGEST_CODE = 255
LONGEST_URL = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class OnManyDevices(Wish):
    """Devices, each with an outcome of its own."""

    about: ClassVar = "deviceIds"
    devices: tuple[Ref, ...]

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """All of them or none: whoever gives one command to many is told of every mistake before anything is sent."""
        return tuple(Aim(device=device.ref) for device in await find.devices(self.devices, "deviceIds"))

    def field_of(self, position: int) -> tuple[str, ...]:
        """The id at this place of the list."""
        return ("deviceIds", str(position))


@dataclass(frozen=True, slots=True, kw_only=True)
class SetChargerMode(OnManyDevices):
    """How chargers are to choose their power."""

    kind: ClassVar = CommandKind.SET_CHARGER_MODE
    mode: ChargerMode

    def flaws(self) -> Iterator[Complaint]:
        """A mode that is only ever read."""
        yield from _flaws_of_devices(self.devices)
        if self.mode is ChargerMode.UNKNOWN:
            yield invalid("UNKNOWN is what a charger may report, not what it can be set to", "mode")

    def instruction(self) -> Instruction:
        """Which mode."""
        return Instruction(mode=self.mode)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishAdvertisement(OnManyDevices):
    """What screens are to show."""

    kind: ClassVar = CommandKind.PUBLISH_ADVERTISEMENT
    media: tuple[Media, ...]
    restart: bool = False

    def flaws(self) -> Iterator[Complaint]:
        """Pictures and films that no screen could fetch."""
        yield from _flaws_of_devices(self.devices)
        if not 1 <= len(self.media) <= MOST_MEDIA:
            yield invalid(f"{len(self.media)} media; screens take 1 to {MOST_MEDIA}", "media")
        for index, media in enumerate(self.media):
            place = ("media", str(index))
            yield from flaws_of_text(media.code, LONGEST_CODE, *place, "code")
            yield from flaws_of_text(media.media_type, LONGEST_CODE, *place, "mediaType")
            yield from _flaws_of_url(media.url, (*place, "url"))

    def instruction(self) -> Instruction:
        """What to show, and when."""
        return Instruction(media=self.media, restart=self.restart)


def _flaws_of_devices(devices: Sequence[Ref]) -> Iterator[Complaint]:
    """Too few, too many, or one named twice."""
    if not 1 <= len(devices) <= MOST_DEVICES:
        yield invalid(f"{len(devices)} devices; one command is about 1 to {MOST_DEVICES} of them", "deviceIds")
    first: dict[Ref, int] = {}
    for index, device in enumerate(devices):
        if first.setdefault(device, index) != index:
            yield invalid(f"the same device as at {first[device]}: name each once", "deviceIds", str(index))


def _flaws_of_url(url: str, field: Sequence[str]) -> Iterator[Complaint]:
    """A screen fetches by http or https, and whatever sign-in stood in the URL would be stored."""
    yield from flaws_of_text(url, LONGEST_URL, *field)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https") or any(character.isspace() for character in url):
        yield invalid("url is the whole address of a file, with http:// or https://", *field)
    elif parts.username is not None or parts.password is not None:
        yield invalid("url must not hold a user name or password: it is stored", *field)
