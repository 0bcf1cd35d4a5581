"""What can be switched on to go wrong at the simulated cloud and its chargers, beyond transport."""

from collections.abc import Mapping

FAULTS: Mapping[str, str] = {
    # Any call.
    "quota_104": "Every call is refused with code 104 and the text about the current minute.",
    "quota_3": "Every call is refused with code 3 and the text about 5 minutes.",
    "quota_daily": "Every call is refused with code 104 and a text about the current day.",
    "token_invalid": "The token is refused with code 103.",
    "no_rights": "The token lacks the right to the data: code 1003.",
    "busy": "The vendor's system is busy: code 11500.",
    "failed": "The call fails with success false, a text, and no code.",
    "result_null": "Success with a null result; a command is carried out all the same.",
    "result_as_string": "The result is JSON text instead of an object, in callbacks too.",
    "code_as_text": 'The answer has its code as text, "0" on success.',
    "text_variants": "The success text varies as on the vendor's other endpoints.",
    # Reads.
    "offline": (
        "The charger is offline: success with all readings null, and no command reaches it; "
        "`value` names one serial number."
    ),
    "power_capital": "The power is spelled ChargingPower, as in the vendor's table.",
    "power_kw": 'The power is in kilowatts; the account then needs power_unit = "kW".',
    "lag": "Readings are five minutes old.",
    "unknown_status": "chargerStatus is a code that nobody has listed (14, 15, 18 or 99), or `value`.",
    "unknown_mode": "chargingMode is a code that nobody has listed (14, 15, 18 or 99), or `value`.",
    "local_override": "Before each read, somebody changes the mode at the charger.",
    # Chargers that are told a mode. Decided when the command is taken.
    "all_failed": "No charger can be told: all stand in failureList, code 2.",
    "partial_failure": (
        "Chargers cannot be told and stand in failureList: those that `value` names, or each of several "
        "but the first with `probability`."
    ),
    "device_refuses": (
        "The charger answers that it failed to execute, code 2: those that `value` names, or each with `probability`."
    ),
    "device_no_receive": (
        "The charger is said not to have received, code 1: those that `value` names, or each with `probability`."
    ),
    "partial_timeout": (
        "The charger neither obeys nor answers and stands in timeoutList: those that `value` names, "
        "or each with `probability`."
    ),
    "timeout_but_done": (
        "The charger does not answer, stands in timeoutList and obeys `value` seconds after the command (default 45); "
        "each with `probability`."
    ),
    "ack_but_ignored": (
        "The charger answers with success and stays in its mode: those that `value` names, or each with `probability`."
    ),
    "acts_late": (
        "The charger answers with success and obeys `value` seconds after the command (default 90); "
        "each with `probability`."
    ),
    "acts_twice": (
        "The charger sets its mode, and sets it again 10 seconds later: those that `value` names, "
        "or each with `probability`."
    ),
    # Callbacks.
    "callback_before_reply": "The first callback comes `value` seconds (default 1) before the answer to the command.",
    "callback_drop": 'Callbacks are not sent: the kinds in `value`, such as "2" or "1,3", or all of them.',
    "callback_duplicate": "Every callback is sent again a second later.",
    "callback_reorder": "All callbacks wait for the last and come in reverse order.",
    "callback_forged": "A failure under a taskId that nobody knows and a success of a foreign charger come as well.",
    "list_at_root": "failureList and timeoutList stand beside `result` instead of in it.",
    "code_as_int": "The code of a callback is a number.",
}
"""Every switch and what it does; probability is asked for each call, for each charger where a line says so."""
