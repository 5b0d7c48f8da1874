"""Loads a provider's options from keyword arguments, the environment and a config file."""

import os
from collections.abc import Mapping
from typing import Any

from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import (
    AuthenticationError,
    ConfigurationError,
    InvalidRequestError,
)
from chatmodels.core._registry.config_file import ConfigFile
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


def load_options(
    metadata: ProviderMetadata,
    arguments: Mapping[str, object],
    /,
    *,
    environment: Mapping[str, str] | None = None,
    file: ConfigFile | None = None,
) -> ProviderOptions:
    """Load and check the options for a model of a provider.

    Keyword arguments take precedence over the environment, and the environment over the file.
    `None` and empty environment variables are ignored. Only these environment variables are read:
    those in `metadata.options`, `CHATMODELS_TIMEOUT` (seconds in total) and
    `CHATMODELS_MAX_RETRIES`.

    Args:
        metadata: The provider's options besides the common ones. An option with the name of a
            common one adds environment variables to it or makes it required.
        arguments: Option and setting names to values.
        environment: Variables; those of the process by default.
        file: The config file; only the table of the provider is read.

    Raises:
        AuthenticationError: A required secret such as the API key is missing, and there is no other
            problem; the message contains the variable to set.
        ConfigurationError: Names are unknown, values are invalid, or required options are missing.
            The message lists every problem with its source, as does `details["problems"]`.
    """
    variables = os.environ if environment is None else environment
    return _Loading(metadata, arguments, variables, file).options()


class _Loading:
    """The options of one model while they are loaded."""

    __slots__ = (
        "_arguments",
        "_environment",
        "_extra",
        "_file",
        "_metadata",
        "_problems",
        "_settings",
        "_values",
    )

    def __init__(
        self,
        metadata: ProviderMetadata,
        arguments: Mapping[str, object],
        environment: Mapping[str, str],
        file: ConfigFile | None,
    ) -> None:
        self._metadata = metadata
        self._arguments = arguments
        self._environment = environment
        self._file = file
        self._values: dict[str, Any] = {"base_url": metadata.base_url}
        self._extra: dict[str, object] = {}
        self._settings: dict[str, Any] = {}
        self._problems: list[tuple[str, str]] = []

    def options(self) -> ProviderOptions:
        """Load, check and create the options.

        Raises:
            AuthenticationError: See `load_options`.
            ConfigurationError: See `load_options`.
        """
        self._add_file()
        self._add_environment()
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
            spec for spec in self._metadata.options if spec.required and self._is_missing(spec)
        ]
        if self._problems or missing:
            raise self._error(missing)
        return ProviderOptions(**values)

    def _add_file(self) -> None:
        for name, value in self._table().items():
            if name == "settings" and is_mapping(value):
                self._settings.update(value)
            else:
                self._add(name, value)

    def _add_environment(self) -> None:
        for name, variable in _COMMON_VARIABLES:
            if self._arguments.get(name) is None and (text := self._environment.get(variable)):
                self._values[name] = _number(name, text)
        for spec in self._metadata.options:
            if spec.env and self._arguments.get(spec.name) is None:
                for variable in spec.env:
                    if text := self._environment.get(variable):
                        self._add_text(spec, text, variable)
                        break

    def _add(self, name: str, value: Any) -> None:
        if name == "unsupported":
            name = "on_unsupported"
            deprecated("unsupported=...", f"use {name}=...")
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
            and all(name != spec.name for name, _ in self._problems)
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
        self._problems.append((name, f"{problem} ({self._source(name)})"))

    def _error(self, missing: list[OptionSpec]) -> ConfigurationError | AuthenticationError:
        provider = self._metadata.name
        only_secrets = not self._problems and all(spec.secret for spec in missing)
        problems = self._problems + [(spec.name, _missing(spec)) for spec in missing]
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
        spec = self._spec(name)
        variables = (
            *(spec.env if spec else ()),
            *(variable_ for option, variable_ in _COMMON_VARIABLES if option == name),
        )
        for variable in variables:
            if self._environment.get(variable):
                return variable
        table = self._table()
        if self._file is not None and (name in table or name in self._settings):
            place = f"providers.{self._metadata.name}{'' if name in table else '.settings'}"
            return f"{self._file.path} [{place}]"
        return f"default of {self._metadata.name}"

    def _table(self) -> Mapping[str, object]:
        return {} if self._file is None else self._file.providers.get(self._metadata.name, {})

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
    name = "API key" if spec.name == "api_key" else spec.name
    variables = " or ".join(spec.env)
    return f"has no {name}; {f'set {variables} or ' if variables else ''}pass {spec.name}=..."
