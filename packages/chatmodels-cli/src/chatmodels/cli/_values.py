"""The type `NAME=VALUE` of options: a name and a JSON value or a text."""

from typing import Any

import click
import msgspec


class NameAndValue(click.ParamType[tuple[str, Any]]):
    """An argument such as `temperature=0.2`, whose value is JSON if it can be read as such.

    Anything else is a text, so that only a text that looks like JSON needs quotes: `user='"42"'`.
    """

    name = "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        """Split the argument at its first equals sign."""
        name, separator, text = str(value).partition("=")
        if not separator or not name:
            self.fail(f"{value!r} is not NAME=VALUE, as in temperature=0.2", param, ctx)
        try:
            return name.replace("-", "_"), msgspec.json.decode(text)
        except msgspec.DecodeError:
            return name.replace("-", "_"), text


NAME_AND_VALUE = NameAndValue()
