"""Whether a release takes a value, as far as that can be told from what it declares."""

from __future__ import annotations

from liftlock.knowledge.options import Option

_YES_AND_NO = {"true", "1", "on", "yes", "false", "0", "off", "no"}
"""What oslo.config 10.3 takes for a boolean, in any case."""


def complaint(option: Option, value: str) -> str:
    """Why the option does not take the value; empty if it does, or if that cannot be told.

    A value that refers to another (`$my_ip`) cannot be told.

    >>> from liftlock.knowledge.options import Source
    >>> complaint(Option(Source("nova", "options", "", ""), "DEFAULT", "x", choices=("a", "b")), "c")
    'it takes a, b'
    """
    if "$" in value:
        return ""
    members = [m.strip() for m in value.split(",") if m.strip()] if option.list else [value.strip()]
    return next(filter(None, (_of_one(option, member) for member in members)), "")


def _of_one(option: Option, value: str) -> str:
    if option.choices:
        return _of_choice(option, value)
    if option.type.startswith("boolean") and value.lower() not in _YES_AND_NO:
        return "it takes true or false"
    if option.min is not None or option.max is not None:
        return _of_number(option, value)
    return ""


def _of_choice(option: Option, value: str) -> str:
    def same(word: str) -> str:
        return word.lower() if option.any_case else word

    taken = {same(choice) for choice in option.choices}
    # A choice of None means that it may be left out, and an empty value stands for that.
    if same(value) in taken or (not value and "None" in option.choices):
        return ""
    return f"it takes {', '.join(choice or '(nothing)' for choice in option.choices)}"


def _of_number(option: Option, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return "it takes a number"
    if option.min is not None and number < option.min:
        return f"it takes {option.min:g} or more"
    if option.max is not None and number > option.max:
        return f"it takes {option.max:g} or less"
    return ""
