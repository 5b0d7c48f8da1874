"""Reads the arguments of a tool that another program defined."""

from typing import Any

from chatmodels.core._errors.classes import ToolArgumentsError
from chatmodels.core._schema.nulls import without_nulls
from chatmodels.core._values.parts import Json, ToolCall


class DefinedArguments:
    """A function that parses the arguments of a call, and leaves out meaningless nulls.

    Args:
        schema: The JSON Schema of the arguments.
    """

    def __init__(self, schema: dict[str, Json], /) -> None:
        self._schema = schema

    def __call__(self, call: ToolCall, /) -> dict[str, Any]:
        """Parse the arguments.

        Raises:
            ToolArgumentsError: They are not a JSON object.
        """
        arguments = call.arguments
        if "null" not in call.arguments_json:
            return arguments
        try:
            return without_nulls(arguments, self._schema)
        except RecursionError as error:
            raise ToolArgumentsError(
                f"the arguments of tool call {call.name!r} are nested too deeply", op="tool_call"
            ) from error
