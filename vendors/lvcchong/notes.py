"""What a command writes down between its steps, to be read after a restart: JSON, without any personal data."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from model.records import Json


class Note(BaseModel):
    """Stored as JSON and read back as the same."""

    model_config = ConfigDict(frozen=True)

    def written(self) -> Json:
        """As JSON."""
        return self.model_dump(mode="json")


class Place(Note):
    """A socket, and the estate of its device, by which orders can be asked for."""

    device_id: str
    port: int
    estate_id: str = ""


class ByTime(Note):
    """Charge for so long."""

    minutes: int


class ByStandard(Note):
    """Charge by an option of a price standard: what the vendor wants to have repeated."""

    standard_id: str
    param: str
    select: str


class StartNote(Note):
    """What was seen before a start, and what is to be started. `money` in yuan."""

    place: Place
    state: str
    """What `ports` said of the socket."""
    orders: tuple[str, ...]
    """The socket's orders of late: none of them is the one to come."""
    how: ByTime | ByStandard
    money: Decimal


class StopNote(Note):
    """What was seen before a stop: the order that runs, alone, at the socket."""

    place: Place
    order: str


class AnswerNote(Note):
    """What the vendor answered. Nothing, when its reply was lost."""

    result_key: str | None = None
    order: str | None = None
