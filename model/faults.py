"""The faults that an adapter may raise, and nothing else may leave it.

Fault
├── Retryable             asking again later may help
│   ├── Unreachable       nothing was sent, or the vendor is down
│   ├── TimedOut          a read got no answer in time
│   └── RateLimited       over quota; carries `retry_after_s`
├── Terminal              asking again the same way does not help
│   ├── Unauthorised      credentials or rights refused
│   ├── NotFound          the vendor does not know the thing
│   ├── Rejected          the vendor understood and said no
│   │   └── DeviceOffline because the device is not connected
│   ├── Unsupported       the vendor or the device cannot do it
│   └── Malformed         an answer that cannot be read
└── Uncertain             a command was sent and its outcome is not known

Messages are for operators: they never hold secrets, personal data, URLs with queries or response bodies.
"""

from model.states import ProblemCode, Resolution


class Fault(Exception):
    """Something that went wrong at a vendor, in our words."""

    code = ProblemCode.INTERNAL
    resolution = Resolution.CONTACT_SUPPORT

    def __init__(
        self,
        message: str,
        *,
        raw_code: str | None = None,
        resolution: Resolution | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        """`raw_code`: the vendor's own code. `retry_after_s`: how long the vendor asked us to wait."""
        super().__init__(message)
        self.message = message
        self.raw_code = raw_code
        self.retry_after_s = retry_after_s
        if resolution is not None:
            self.resolution = resolution


class Retryable(Fault):
    """Asking again later may help."""

    resolution = Resolution.RETRY_LATER


class Unreachable(Retryable):
    """Nothing was sent, or the vendor is down."""

    code = ProblemCode.VENDOR_UNREACHABLE


class TimedOut(Retryable):
    """A read got no answer in time."""

    code = ProblemCode.VENDOR_TIMED_OUT


class RateLimited(Retryable):
    """Over quota, by our own count or by the vendor's word."""

    code = ProblemCode.QUOTA_EXHAUSTED


class Terminal(Fault):
    """Asking again the same way does not help."""


class Unauthorised(Terminal):
    """Credentials or rights refused."""

    code = ProblemCode.UNAUTHORIZED
    resolution = Resolution.REAUTHENTICATE


class NotFound(Terminal):
    """The vendor does not know the thing."""

    code = ProblemCode.NOT_FOUND
    resolution = Resolution.USER_ACTION


class Rejected(Terminal):
    """The vendor understood and said no."""

    code = ProblemCode.REJECTED


class DeviceOffline(Rejected):
    """The vendor says that the device is not connected, so that it cannot be told anything."""

    code = ProblemCode.DEVICE_OFFLINE
    resolution = Resolution.RETRY_LATER


class Unsupported(Terminal):
    """The vendor or the device cannot do it."""

    code = ProblemCode.UNSUPPORTED
    resolution = Resolution.NONE


class Malformed(Terminal):
    """An answer that cannot be read."""

    code = ProblemCode.MALFORMED_RESPONSE


class Uncertain(Fault):
    """A command was sent and its outcome is not known."""

    code = ProblemCode.OUTCOME_UNKNOWN
