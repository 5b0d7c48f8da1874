"""Translates the schemas and tool names of a request into those that a vendor accepts."""

from collections.abc import Mapping, Sequence
from operator import is_
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from chatmodels.core import ChatRequest, InvalidRequestError, UnsupportedError
from chatmodels.core.extending import (
    OutputSchema,
    Profile,
    SchemaRules,
    ToolDefinition,
)
from chatmodels.http._codec.output_tool import has_strict_tool, with_output_tool
from chatmodels.http._codec.renamed_arguments import RenamedArguments, rename_arguments
from chatmodels.http._codec.tool_names import accepted_name, accepted_names, rename_tools
from chatmodels.http.wire._json import Json

if TYPE_CHECKING:
    from chatmodels.core.extending import SchemaTranslation

_NO_NAMES: Mapping[str, str] = {}
_EVERYTHING = Profile()
_MAX_CACHED = 2_048  # translations; programs have few schemas, and use them in every call


class SchemaSupport(msgspec.Struct, frozen=True, kw_only=True):
    """The schemas and the names of tools that a vendor accepts, as data.

    Attributes:
        tools: The rules for the parameters of tools; None if every schema is accepted.
        strict_tools: The rules for the parameters of strict tools; None if they are the same.
        output: The rules for the schema of native output; None if every schema is accepted.
        names: The characters of tool names, as the inside of a character class; None for all. With
            a "^" at its start, names cannot begin with a digit or a dash.
        longest_name: The largest number of characters of a tool's name.
        longest_description: The largest number of characters of a tool's description; None for any.
        most_strict_properties: The largest number of properties of all strict tools; None for any.
    """

    tools: SchemaRules | None = None
    strict_tools: SchemaRules | None = None
    output: SchemaRules | None = None
    names: str | None = None
    longest_name: int = 64
    longest_description: int | None = None
    most_strict_properties: int | None = None


class TranslatedRequest(msgspec.Struct, frozen=True):
    """A request whose schemas and tool names the vendor accepts.

    Attributes:
        request: The request to encode.
        names: The caller's names of renamed tools, by the name that is sent.
        warnings: The warnings of the response, about constraints that the vendor does not enforce.
        output_tool: The sent name of the tool whose arguments are the output; empty if the output
            is native, or if no output is requested.
        arguments: The caller's names of renamed arguments, by the names of the tool and of the
            argument that are sent.
    """

    request: ChatRequest
    names: Mapping[str, str]
    warnings: tuple[str, ...]
    output_tool: str = ""
    arguments: RenamedArguments = {}


def translate_request(
    request: ChatRequest,
    support: SchemaSupport,
    provider: str,
    /,
    *,
    profile: Profile = _EVERYTHING,
    lenient: bool = False,
) -> TranslatedRequest:
    """Translate the schemas and the names of a request, without changing their meaning.

    Args:
        request: The request.
        support: The schemas and names that the vendor accepts.
        provider: The provider's registered name, for messages.
        profile: The abilities of the model: output that is not native is requested through a tool.
        lenient: Whether strictness and descriptions that the vendor does not accept are left out
            with a warning.

    Raises:
        UnsupportedError: The vendor does not accept a schema, and the message lists every place;
            or the model has no way to return structured output.
        InvalidRequestError: A schema is nested too deeply, or is not JSON.
    """
    try:
        return _translated(request, support, provider, profile, lenient=lenient)
    except RecursionError as error:
        raise InvalidRequestError(
            "a schema is nested too deeply; use a flatter one, or a recursive one"
        ) from error
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidRequestError(f"a schema cannot be written as JSON: {error}") from error


def _translated(
    request: ChatRequest,
    support: SchemaSupport,
    provider: str,
    profile: Profile,
    *,
    lenient: bool,
) -> TranslatedRequest:
    refused: list[str] = []
    warnings: list[str] = []
    back = _NO_NAMES
    arguments: RenamedArguments = {}
    if support.names is not None:
        names = accepted_names(request, support.names, support.longest_name)
        if names:
            request = rename_tools(request, names)
            back = {sent: name for name, sent in names.items()}
    if request.tools and (support.tools or support.strict_tools or support.longest_description):
        writer = _Tools(support, back, refused, warnings, lenient=lenient)
        tools = tuple(map(writer.write, request.tools))
        if not all(map(is_, tools, request.tools)):
            request = replace(request, tools=tools)
        arguments = writer.arguments
        if arguments:
            request = rename_arguments(request, arguments)
    if request.output is not None:
        output = request.output
        is_enforced = "strict" in profile.native_output or has_strict_tool(profile)
        if output.strict and not is_enforced:
            output = replace(output, strict=False)
        if support.names is not None:
            name = accepted_name(output.name, support.names, support.longest_name)
            output = output if name == output.name else replace(output, name=name)
        output = _output(output, support, refused, warnings)
        if output is not request.output:
            request = replace(request, output=output)
    if refused:
        raise UnsupportedError(
            f"{provider} does not accept {'; '.join(refused)}; change the schema"
        )
    request, tool = with_output_tool(
        request,
        profile,
        provider,
        warnings,
        longest_name=support.longest_name,
        lenient=lenient,
    )
    named = tuple(f"{provider}: {text}" for text in warnings)
    return TranslatedRequest(request, back, named, tool, arguments)


class _Tools:
    """Translates the tools of one request.

    Args:
        support: The schemas and names that the vendor accepts.
        names: The caller's names, by the name that is sent.
        refused: The list to which unsupported schemas are added.
        warnings: The list to which features that are left out are added.
        lenient: Whether features of all tools can be left out, not only of those that are lenient.

    Attributes:
        arguments: The caller's names of renamed arguments.
    """

    def __init__(
        self,
        support: SchemaSupport,
        names: Mapping[str, str],
        refused: list[str],
        warnings: list[str],
        *,
        lenient: bool,
    ) -> None:
        self._support = support
        self._names = names
        self._refused = refused
        self._warnings = warnings
        self._lenient = lenient
        self._properties = 0
        self.arguments: dict[str, Mapping[str, str]] = {}

    def write(self, tool: ToolDefinition) -> ToolDefinition:
        """Translate one tool; it stays the same object if nothing changes."""
        support = self._support
        name = self._names.get(tool.name, tool.name)
        schema, strict, description = tool.parameters, tool.strict, tool.description
        dropped = self._warnings if self._lenient or tool.lenient else self._refused
        renamed: Mapping[str, str] = {}
        if strict and support.strict_tools is not None:
            enforced = _translate(schema, support.strict_tools)
            problems = self._problems(enforced)
            if problems:
                strict = False
                dropped.append(f"the tool {name!r} as strict: {'; '.join(problems)}")
            else:
                self._properties += enforced.properties
                schema, renamed = enforced.schema, enforced.renamed
        if not (strict and support.strict_tools is not None) and support.tools is not None:
            plain = _translate(schema, support.tools)
            schema, renamed = plain.schema, plain.renamed
            if plain.problems:
                self._refused.append(f"the tool {name!r}: {'; '.join(plain.problems)}")
        longest = support.longest_description
        if longest is not None and len(description) > longest:
            dropped.append(
                f"the tool {name!r} with a description of more than {longest} characters"
            )
            description = description[:longest]
        if renamed:
            self.arguments[tool.name] = renamed
        if schema is tool.parameters and strict is tool.strict and description is tool.description:
            return tool
        return replace(tool, description=description, parameters=schema, strict=strict)

    def _problems(self, enforced: "SchemaTranslation") -> Sequence[str]:
        most = self._support.most_strict_properties
        if (
            not enforced.problems
            and most is not None
            and (self._properties + enforced.properties > most)
        ):
            return [f"strict tools have more than {most} properties"]
        return enforced.problems


def _output(
    output: OutputSchema, support: SchemaSupport, refused: list[str], warnings: list[str]
) -> OutputSchema:
    schema = output.schema
    if schema is None:
        return output
    rules = support.output if output.strict else support.tools
    if rules is not None:
        translation = _translate(schema, rules)
        keys = [f"{name} is not a name that it accepts" for name in translation.renamed.values()]
        problems = "; ".join((*translation.problems, *keys))
        if not problems:
            schema = translation.schema
            if translation.unenforced:
                constraints = ", ".join(translation.unenforced)
                warnings.append(f"the server does not enforce the output's {constraints}")
        elif output.strict and rules.enforced:
            warnings.append(f"the output's schema cannot be enforced: {problems}")
            return _output(replace(output, strict=False), support, refused, warnings)
        elif output.strict:
            refused.append(f"the output's schema: {problems}")
    return output if schema is output.schema else replace(output, schema=schema)


class _CacheEntry(msgspec.Struct, frozen=True):
    """A translation with its schema and a copy of that: callers can change their schemas."""

    schema: dict[str, Json]
    rules: SchemaRules
    copy: dict[str, Json]
    translation: "SchemaTranslation"


_translations: dict[tuple[int, int], _CacheEntry] = {}


def _translate(schema: dict[str, Json], rules: SchemaRules) -> "SchemaTranslation":
    """Translate a schema once, by its identity; its entry keeps the schema alive."""
    key = (id(schema), id(rules))
    entry = _translations.get(key)
    if entry is None or entry.copy != schema:
        from chatmodels.core.extending import (
            translate_schema,  # calls without schemas do not need it
        )

        translation = translate_schema(schema, rules)
        if translation.schema == schema:  # so that requests without changes are not copied
            translation = replace(translation, schema=schema)
        if len(_translations) >= _MAX_CACHED:
            _translations.clear()
        from copy import deepcopy  # not at the top: only new schemas need it

        entry = _translations[key] = _CacheEntry(schema, rules, deepcopy(schema), translation)
    return entry.translation
