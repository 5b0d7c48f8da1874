"""Loads a provider's options from keyword arguments, the environment and a config file."""

import os
from collections.abc import Mapping, Sequence

import msgspec

from chatmodels.core._registry.declarations import OptionSource
from chatmodels.core._registry.option_loading import OptionLoading
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._values.metadata import ProviderMetadata
from chatmodels.core._values.secret import MASK


def load_options(
    metadata: ProviderMetadata,
    arguments: Mapping[str, object],
    /,
    *,
    environment: Mapping[str, str] | None = None,
    defaults: Sequence[OptionSource] = (),
    declared: Sequence[OptionSource] = (),
) -> ProviderOptions:
    """Load and check the options for a model of a provider.

    Keyword arguments take precedence over the declaration of the model, that over the environment,
    and the environment over the declaration of the provider. `None` and empty environment variables
    are ignored. Only these environment variables are read: those in `metadata.options`, those that
    declarations name, `CHATMODELS_TIMEOUT` (seconds in total) and `CHATMODELS_MAX_RETRIES`.

    Args:
        metadata: The provider's options besides the common ones. An option with the name of a
            common one adds environment variables to it or makes it required.
        arguments: Option and setting names to values.
        environment: Variables; those of the process by default.
        defaults: Declarations of the provider; later ones take precedence.
        declared: Declarations of the model; later ones take precedence.

    Raises:
        AuthenticationError: A required secret such as the API key is missing, and there is no other
            problem; the message contains the variable to set.
        ConfigurationError: Names are unknown, values are invalid, or required options are missing.
            The message lists every problem with its source, as does `details["problems"]`.
    """
    variables = os.environ if environment is None else environment
    return OptionLoading(metadata, arguments, variables, defaults, declared).options()


def option_problems(
    metadata: ProviderMetadata,
    /,
    *,
    defaults: Sequence[OptionSource] = (),
    declared: Sequence[OptionSource] = (),
) -> list[tuple[str, str]]:
    """List the options of declarations that are unknown or invalid: name and problem.

    The environment is not read, and options that are missing are not a problem.
    """
    loading = OptionLoading(metadata, {}, {}, defaults, declared)
    loading.load()
    return loading.problems


def trial_options(
    metadata: ProviderMetadata,
    /,
    *,
    defaults: Sequence[OptionSource] = (),
    declared: Sequence[OptionSource] = (),
) -> ProviderOptions | None:
    """Return the options of declarations to try out the creation of a model.

    The environment is not read; another value takes the place of secrets that are missing. Options
    that lack anything else are None.

    Raises:
        ConfigurationError: As `load_options`.
    """
    loading = OptionLoading(metadata, {}, {}, defaults, declared)
    missing = loading.load()
    if not all(spec.secret or spec.name == "api_key" for spec, _ in missing):
        return None
    secrets = {spec.name: MASK for spec, _ in missing}
    known = [msgspec.structs.replace(source, variables={}) for source in (*defaults, *declared)]
    return OptionLoading(metadata, secrets, {}, known, ()).options()
