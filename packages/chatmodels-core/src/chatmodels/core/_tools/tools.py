"""Tools: functions that a model can call."""

import re
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar, overload

from msgspec.structs import replace

from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.classes import ConfigurationError, ToolArgumentsError
from chatmodels.core._public import published_in
from chatmodels.core._tools.context import ToolContext, admits_none, context_type
from chatmodels.core._tools.watching import watched
from chatmodels.core._values.parts import Json, TextPart, ToolCall, ToolResult
from chatmodels.core._values.request import ToolChoice, ToolDefinition

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
Q = ParamSpec("Q")
S = TypeVar("S")

_NAME = r"[a-zA-Z0-9_-]{1,64}"
"""The names that vendors accept: OpenAI's API reference, "Chat completions", `tools`."""


@published_in("chatmodels.core")
class Tool(Generic[P, R_co]):
    """A function that a model can call; it can still be called directly.

    The name, the description and the JSON Schema of the arguments are read once, from the
    function's signature, its type hints and its docstring. A tool can be used in any thread and
    event loop, and can be pickled if its function can.

    Attributes:
        function: The function.
        definition: The description for the model.
    """

    function: Callable[P, R_co]
    definition: ToolDefinition
    _bind: Callable[[ToolCall], dict[str, Any]]
    _recipe: tuple[Callable[..., Any], tuple[Any, ...]]  # for pickles

    def __init__(
        self,
        function: Callable[P, R_co],
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        strict: bool = False,
    ) -> None:
        """Create a tool from a function.

        Args:
            function: A sync or async function; every parameter must have a type annotation. The
                program fills in parameters of type `ToolContext`; the model does not see them.
            name: The name for the model: up to 64 letters, digits, `_` and `-`; by default the
                function's name.
            description: The purpose of the tool; by default the docstring's text.
            strict: Whether the vendor is to enforce the schema during generation. Each provider
                sends the part of the schema that its vendor enforces. Optional arguments can be
                null there, which means their default.

        Raises:
            ConfigurationError: The function cannot be a tool; the message lists every problem.
        """
        # Imported here, since programs without tools do not need them.
        from chatmodels.core._schema.docstrings import documentation
        from chatmodels.core._schema.signatures import parameters
        from chatmodels.core._schema.strict import strict_schema
        from chatmodels.core._tools.binding import Binding

        self._recipe = _restored, (function, name, description, strict)
        name_ = name if name is not None else str(getattr(function, "__name__", ""))
        usable, problems = parameters(function)
        contexts = {each.name: kind for each in usable if (kind := context_type(each.annotation))}
        usable = [each for each in usable if each.name not in contexts]
        if not re.fullmatch(_NAME, name_):
            problems.append(
                f"its name {name_!r} is not 1 to 64 letters, digits, '_' and '-'; pass name=..."
            )
        docs = documentation(_docstring(function))
        schema: dict[str, Json] = {}
        try:
            binding = Binding(name_, usable, docs)
            schema, self._bind = binding.schema, binding.bind
            if strict:
                strict_schema(schema)  # providers write the part that their vendors enforce
        except TypeError as error:
            problems.append(f"strict is impossible: {error}" if schema else str(error))
        except RecursionError:
            problems.append("a parameter's type is nested too deeply; use a flatter one")
        if problems:
            raise ConfigurationError(
                f"{name_ or function!r} cannot be a tool: {'; '.join(problems)}",
                op="tool",
                details={"problems": problems},
            )
        text = docs.description if description is None else description
        self._adopt(function, ToolDefinition(name_, text, schema, strict), contexts)

    def _adopt(
        self,
        function: Callable[P, R_co],
        definition: ToolDefinition,
        contexts: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        from chatmodels.core._schema.signatures import is_async

        self.function = function
        self.definition = definition
        self._invoke: Callable[..., Any] = function
        self._is_async = is_async(function)
        self._contexts = tuple(contexts)
        self._context_type = next(iter(contexts.values()), None)
        # Like functools.wraps, so that the tool is introspected and pickled as the function.
        self.__doc__ = function.__doc__
        self.__module__ = getattr(function, "__module__", __name__)
        self.__qualname__ = getattr(function, "__qualname__", definition.name)
        self.__wrapped__ = function

    @staticmethod
    def from_definition(definition: ToolDefinition, function: Callable[Q, S], /) -> "Tool[Q, S]":
        """Create a tool from a definition that another program wrote, such as an MCP server.

        Args:
            definition: The description for the model, whose schema is not compared with the
                function's signature.
            function: A sync or async function, which receives the arguments as keyword arguments.
                They are not validated; to report that they are invalid, raise an exception.
                Null is left out if its argument is optional and the schema does not accept null:
                models write it for arguments that they do not use.

        Raises:
            ConfigurationError: The arguments are of other types.
        """
        if not isinstance(definition, ToolDefinition) or not callable(function):  # pyright: ignore[reportUnnecessaryIsInstance, reportUnnecessaryComparison] - untyped callers
            raise ConfigurationError(
                "Tool.from_definition() accepts a ToolDefinition and a function, not "
                f"{type(definition).__name__} and {type(function).__name__}",
                op="tool",
            )
        from chatmodels.core._tools.defined import DefinedArguments

        created: Tool[Q, S] = Tool.__new__(Tool)  # pyright: ignore[reportUnknownVariableType] - not inferred
        created._recipe = Tool.from_definition, (definition, function)
        created._bind = DefinedArguments(definition.parameters)
        created._adopt(function, definition)
        return created

    @property
    def name(self) -> str:
        """The name of the tool for the model."""
        return self.definition.name

    @property
    def description(self) -> str:
        """The purpose of the tool for the model; can be empty."""
        return self.definition.description

    @property
    def parameters(self) -> dict[str, Json]:
        """The JSON Schema of its arguments, an object."""
        return self.definition.parameters

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function directly, without validation."""
        return self.function(*args, **kwargs)

    def validate(self, call: ToolCall, /) -> dict[str, Any]:
        """Parse a call's arguments as the function's keyword arguments, without calling it.

        They are converted to the annotated types; absent ones have their defaults.

        Raises:
            ToolArgumentsError: They are invalid; the message lists a problem for each argument
                and can be sent back to the model.
        """
        return self._bind(call)

    @property
    def is_async(self) -> bool:
        """True if the function is async, so that only `acall` can call it."""
        return self._is_async

    def check_context(self, value: object, /) -> None:
        """Check that there is a value for the function's `ToolContext` parameter, if it needs one.

        Raises:
            ConfigurationError: The value is None, and the declared type does not include None.
        """
        if value is None and self._contexts and not admits_none(self._context_type):
            from chatmodels.core._schema.annotations import named

            raise ConfigurationError(
                f"tool {self.name!r} needs a {named(self._context_type)} as the value of its "
                f"parameter {self._contexts[0]!r}; pass context=...",
                op="tool_call",
            )

    def call(self, call: ToolCall, /, *, context: object = None) -> ToolResult:
        """Call the function with the arguments of a tool call.

        If the arguments are invalid, the function is not called, and the result describes the
        problems to the model, with `is_error`. Exceptions of the function propagate unchanged. If
        the function returns a `ToolResult`, it is returned with the id and the name of the call.

        Args:
            call: The call.
            context: The value of the function's `ToolContext` parameter, or a `ToolContext`.

        Raises:
            ConfigurationError: The function is async or needs a context, its return value has no
                JSON form, or the call is for another tool.
        """
        if (watching := watched(self.definition, call)) is None:
            return self._run(call, context)
        with watching as notify:
            return notify(self._run(call, context))

    def _run(self, call: ToolCall, context: object) -> ToolResult:
        if self._is_async:
            raise self._must_be_awaited()
        arguments = self._arguments(call, context)
        if isinstance(arguments, ToolResult):
            return arguments
        value = self._invoke(**arguments)
        if hasattr(value, "__await__"):
            getattr(value, "close", bool)()  # or Python warns that it was never awaited
            raise self._must_be_awaited()
        return self._result(call, value)

    async def acall(self, call: ToolCall, /, *, context: object = None) -> ToolResult:
        """Call the function with the arguments of a tool call; see `call`.

        A sync function runs in a worker thread, with this task's context variables. A cancellation
        does not wait for the thread.

        Raises:
            ConfigurationError: The function needs a context, its return value has no JSON form, or
                the call is for another tool.
        """
        if (watching := watched(self.definition, call)) is None:
            return await self._arun(call, context)
        with watching as notify:
            return notify(await self._arun(call, context))

    async def _arun(self, call: ToolCall, context: object) -> ToolResult:
        arguments = self._arguments(call, context)
        if isinstance(arguments, ToolResult):
            return arguments
        if self._is_async:
            value = self._invoke(**arguments)
        else:
            value = await running_library().in_thread(lambda: self._invoke(**arguments))
        if hasattr(value, "__await__"):
            value = await value
        return self._result(call, value)

    def __repr__(self) -> str:
        return f"<Tool {self.name!r}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        """Pickle by name if the tool has replaced its function there, else by its function."""
        value: object = sys.modules.get(self.__module__)
        for name in self.__qualname__.split("."):
            value = getattr(value, name, None)
        if value is self:
            return self.__qualname__
        return self._recipe

    def _arguments(self, call: ToolCall, context: object) -> dict[str, Any] | ToolResult:
        if call.name != self.name:
            raise ConfigurationError(
                f"tool {self.name!r} received a call of {call.name!r}; "
                "look the tool up by the name in the call",
                op="tool_call",
            )
        try:
            return self.validate(call) | self._filled_in(context, call)
        except ToolArgumentsError as error:
            return ToolResult(call.id, (TextPart(error.message),), call.name, is_error=True)

    def _filled_in(self, context: object, call: ToolCall) -> dict[str, Any]:
        if not self._contexts:
            return {}
        if not isinstance(context, ToolContext):
            self.check_context(context)
            context = ToolContext(context, call)
        return dict.fromkeys(self._contexts, context)  # pyright: ignore[reportUnknownArgumentType] - of any value

    def _result(self, call: ToolCall, value: object) -> ToolResult:
        if isinstance(value, ToolResult):
            return replace(value, id=call.id, name=call.name)
        from chatmodels.core._tools.results import result_content

        return ToolResult(call.id, result_content(self.name, value), call.name)

    def _must_be_awaited(self) -> ConfigurationError:
        return ConfigurationError(
            f"tool {self.name!r} is async; use await tool.acall(...)", op="tool_call"
        )


@overload
def tool(
    function: Callable[P, R_co],
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool = False,
) -> Tool[P, R_co]: ...


@overload
def tool(
    *, name: str | None = None, description: str | None = None, strict: bool = False
) -> Callable[[Callable[P, R_co]], Tool[P, R_co]]: ...


def tool(
    function: Callable[P, R_co] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool = False,
) -> Tool[P, R_co] | Callable[[Callable[P, R_co]], Tool[P, R_co]]:
    """Create a tool from a function; also a decorator with or without arguments.

    >>> @tool
    ... def add(a: int, b: int = 1) -> int:
    ...     "Add two numbers."
    ...     return a + b
    >>> add(2, 3), add.call(ToolCall("call_1", "add", '{"a": 2}')).text
    (5, '3')

    Args:
        function: A sync or async function; every parameter must have a type annotation.
        name: The name for the model; by default the function's name.
        description: The purpose of the tool; by default the docstring's text.
        strict: Whether the vendor is to enforce the schema during generation.

    Raises:
        ConfigurationError: No tool can be made of it; the message lists every problem.
    """
    if function is not None:
        return Tool(function, name=name, description=description, strict=strict)
    return lambda function: Tool(function, name=name, description=description, strict=strict)


ToolLike = Tool[..., Any] | ToolDefinition | Callable[..., Any]
"""An item of `tools`; a plain function becomes a tool."""

ToolChoiceLike = str | ToolLike | ToolChoice
"""A value of `tool_choice`: "auto", "none" or "required", a tool or its name."""


def _restored(
    function: Callable[..., Any], name: str | None, description: str | None, strict: bool
) -> Tool[..., Any]:
    return Tool(function, name=name, description=description, strict=strict)


def _docstring(function: Callable[..., object]) -> str | None:
    # A partial or another object has the docstring of its class, which does not describe it.
    return function.__doc__ if hasattr(function, "__name__") else None
