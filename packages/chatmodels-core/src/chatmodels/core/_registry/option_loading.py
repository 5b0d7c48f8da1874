"""Merges the options of a model from all of their sources, and checks them."""

from collections.abc import Mapping, Sequence
from typing import Any

from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
)
from chatmodels.core._registry.declarations import OptionSource
from chatmodels.core._registry.option_rules import RULES, is_mapping
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._spelling import hint
from chatmodels.core._values.metadata import OptionSpec, ProviderMetadata
from chatmodels.core._values.secret import Secret
from chatmodels.core._values.setting_rules import validated_settings
from chatmodels.core._values.settings import NO_SETTINGS, SETTING_NAMES, Settings

COMMON = (
    "api_key",
    "async_http_client",
    "base_url",
    "headers",
    "http_client",
    "max_retries",
    "proxy",
    "timeout",
    "on_unsupported",
    "prices",
)
"""The options that every provider accepts, besides settings."""

_COMMON_VARIABLES = (("timeout", "CHATMODELS_TIMEOUT"), ("max_retries", "CHATMODELS_MAX_RETRIES"))
_NUMBER_TYPES = {"timeout": float, "max_retries": int}
_TEXTS = ("api_key", "base_url", "proxy")


class OptionLoading:
    """The options of one model while they are loaded."""

    __slots__ = (
        "_arguments",
        "_declared",
        "_defaults",
        "_environment",
        "_extra",
        "_metadata",
        "_settings",
        "_unset",
        "_values",
        "problems",
    )

    def __init__(
        self,
        metadata: ProviderMetadata,
        arguments: Mapping[str, object],
        environment: Mapping[str, str],
        defaults: Sequence[OptionSource],
        declared: Sequence[OptionSource],
    ) -> None:
        self._metadata = metadata
        self._arguments = arguments
        self._environment = environment
        self._defaults = defaults
        self._declared = declared
        self._values: dict[str, Any] = {"base_url": metadata.base_url}
        self._extra: dict[str, object] = {}
        self._settings: dict[str, Any] = {}
        self._unset: dict[str, str] = {}
        self.problems: list[tuple[str, str]] = []

    def options(self) -> ProviderOptions:
        """Load, check and create the options.

        Raises:
            AuthenticationError: See `load_options`.
            ConfigurationError: See `load_options`.
        """
        missing = self.load()
        if self.problems or missing:
            raise self._error(missing)
        return ProviderOptions(**self._values)

    def load(self) -> list[tuple[OptionSpec, str]]:
        """Load and check the options; return those that are missing, with the remedy."""
        for source in self._defaults:
            self._add_source(source)
        self._add_environment()
        for source in self._declared:
            self._add_source(source)
            self._add_variables(source)
        for name, value in self._arguments.items():
            if value is not None:
                self._add(name, value)
        values = self._values
        for name, value in values.items():
            if problem := _problem(name, value):
                self._add_problem(name, problem)
        if self._settings:
            values["settings"] = self._checked_settings()
        if self._extra:
            values["extra"] = self._extra
        missing = [
            (spec, _missing(spec))
            for spec in self._metadata.options
            if spec.required and self._is_missing(spec)
        ]
        return missing + [
            (self._named(name), f"has no {_shown(name)}; {remedy}")
            for name, remedy in self._unset.items()
        ]

    def _add_source(self, source: OptionSource) -> None:
        for name, value in source.options.items():
            if name == "settings" and is_mapping(value):
                self._settings.update(value)
            else:
                self._add(name, value)

    def _add_environment(self) -> None:
        for name, variable in _COMMON_VARIABLES:
            if self._arguments.get(name) is None and (text := self._environment.get(variable)):
                self._values[name] = _number(name, text)
        named: set[str] = set()
        for source in self._defaults:
            if source.variables:
                self._add_variables(source)
                named |= source.variables.keys()
        for spec in self._metadata.options:
            if spec.env and self._arguments.get(spec.name) is None and spec.name not in named:
                for variable in spec.env:
                    if text := self._environment.get(variable):
                        self._add_text(spec, text, variable)
                        break

    def _add_variables(self, source: OptionSource) -> None:
        """Add the options whose values are in the variables that a declaration names."""
        for name, variable in source.variables.items():
            if name not in _TEXTS and self._spec(name) is None:
                self._add_problem(
                    f"{name}_env", f"there is no option {name!r}; {self._remedy(name)}"
                )
            elif self._arguments.get(name) is None:
                self._values.pop(name, None)
                self._extra.pop(name, None)
                if text := self._environment.get(variable):
                    self._unset.pop(name, None)
                    self._add_text(self._named(name), text, variable)
                else:
                    # Not another value, which could be the key or the address of someone else.
                    self._unset[name] = f"set {variable}, as {source.place(name)} requires"

    def _add(self, name: str, value: Any) -> None:
        if name == "unsupported":
            name = "on_unsupported"
            deprecated("unsupported=...", f"use {name}=...")
        self._unset.pop(name, None)
        if name in COMMON:
            self._values[name] = value
        elif (spec := self._spec(name)) is not None:
            if spec.secret and not isinstance(value, Secret):
                try:
                    value = Secret(value)
                except ConfigurationError as error:
                    self._add_problem(name, f"{name}: {error}")
            self._extra[name] = value
        elif name in SETTING_NAMES:
            self._settings[name] = value
        else:
            self._add_problem(name, f"there is no option {name!r}; {self._remedy(name)}")

    def _add_text(self, spec: OptionSpec, text: str, variable: str) -> None:
        name = spec.name
        if name not in COMMON:
            self._extra[name] = Secret(text, origin=variable) if spec.secret else text
        elif name != "api_key":
            self._values[name] = _number(name, text)
        elif problem := _problem(name, text):
            self._add_problem(name, problem)
            self._values[name] = None
        else:
            # Checked as text, stored with its origin.
            self._values[name] = Secret(text, origin=variable)

    def _is_missing(self, spec: OptionSpec) -> bool:
        return (
            self._values.get(spec.name) is None
            and spec.name not in self._extra
            and spec.name not in self._unset
            and all(name != spec.name for name, _ in self.problems)
        )

    def _checked_settings(self) -> Settings:
        try:
            return validated_settings(self._settings)
        except InvalidRequestError:
            for name, value in self._settings.items():
                try:
                    validated_settings({name: value})
                except InvalidRequestError as error:
                    self._add_problem(name, str(error))
        return NO_SETTINGS

    def _add_problem(self, name: str, problem: str) -> None:
        self.problems.append((name, problem))

    def _error(
        self, missing: list[tuple[OptionSpec, str]]
    ) -> ConfigurationError | AuthenticationError:
        provider = self._metadata.name
        only_secrets = not self.problems and all(spec.secret for spec, _ in missing)
        problems = [(name, f"{text} ({self._source(name)})") for name, text in self.problems]
        problems += [(spec.name, text) for spec, text in missing]
        text = "; ".join(text for _, text in problems)
        separator = " " if len(problems) == len(missing) == 1 else ": "
        return (AuthenticationError if only_secrets else ConfigurationError)(
            f"{provider}{separator}{text}",
            op="create_chat_model",
            provider=provider,
            details={
                "problems": tuple({"option": name, "problem": text} for name, text in problems)
            },
        )

    def _source(self, name: str) -> str:
        """Describe where an option came from; only error messages need this."""
        if self._arguments.get(name) is not None:
            return "argument"
        for source in reversed(self._declared):
            if _states(source, name):
                return source.place(name)
        spec = self._spec(name)
        variables = (
            *(spec.env if spec else ()),
            *(variable_ for option, variable_ in _COMMON_VARIABLES if option == name),
        )
        for variable in variables:
            if self._environment.get(variable):
                return variable
        for source in reversed(self._defaults):
            if _states(source, name):
                return source.place(name)
        return f"default of {self._metadata.name}"

    def _named(self, name: str) -> OptionSpec:
        """Return the description of an option that every provider accepts, or one of its own."""
        return self._spec(name) or OptionSpec(name=name, description="", secret=name == "api_key")

    def _spec(self, name: str) -> OptionSpec | None:
        for spec in self._metadata.options:
            if spec.name == name:
                return spec
        return None

    def _remedy(self, name: str) -> str:
        names = list(dict.fromkeys([*(spec.name for spec in self._metadata.options), *COMMON]))
        return (
            hint(name, [*names, *SETTING_NAMES])
            or f"{self._metadata.name} accepts {', '.join(names)}, and settings such as temperature"
        )


def _number(name: str, text: str) -> object:
    """Parse the value of a variable; text that is not a number is left for the rules to reject."""
    type_ = _NUMBER_TYPES.get(name)
    try:
        return text if type_ is None else type_(text)
    except ValueError:
        return text


def _problem(name: str, value: object) -> str:
    rule = RULES.get(name)
    if rule is None or value is None:
        return ""
    try:
        rule(value)
    except ValueError as problem:
        return f"{name} {problem}"
    return ""


def _missing(spec: OptionSpec) -> str:
    variables = " or ".join(spec.env)
    setting = f"set {variables} or " if variables else ""
    return f"has no {_shown(spec.name)}; {setting}pass {spec.name}=..."


def _shown(name: str) -> str:
    return "API key" if name == "api_key" else name


def _states(source: OptionSource, name: str) -> bool:
    settings = source.options.get("settings")
    return (
        name in source.options
        or name.removesuffix("_env") in source.variables
        or (is_mapping(settings) and name in settings)
    )
