"""The dialect and metadata of GitHub Models.

Sources, as of November 2026: "REST API endpoints for models inference" and "REST API endpoints for
models catalog" of GitHub Docs.
"""

from msgspec.structs import replace

from chatmodels.core.extending import ALL_TOOL_CHOICES, OptionSpec, ProviderOptions
from chatmodels.http import HttpRequest, Listing
from chatmodels.http.wire import is_host_label, shown_name
from chatmodels.openai_compatible import Dialect, compatible_provider
from chatmodels.providers.github_models._listing import read_catalog

DIALECT = Dialect(
    name="github-models",
    settings={
        "temperature": "temperature",
        "top_p": "top_p",
        "max_output_tokens": "max_tokens",
        "stop": "stop",
        "seed": "seed",
        "frequency_penalty": "frequency_penalty",
        "presence_penalty": "presence_penalty",
    },
    ranges={"temperature": (0, 1)},
    chat_path="/inference/chat/completions",
    models_path="/catalog/models",
    tool_choices=ALL_TOOL_CHOICES - {"tool"},
    inputs=frozenset({"image", "image_url"}),
    speaker_names=False,
)
"""The chat completions of GitHub Models."""


def configure(dialect: Dialect, options: ProviderOptions, problems: list[str]) -> Dialect:
    """Return the dialect with the address of the organization, if one is chosen."""
    organization = str(options.extra.get("organization", ""))
    if not organization:
        return dialect
    if not is_host_label(organization):
        shown = shown_name(organization)
        problems.append(f"{dialect.name}: organization {shown} is not the login of one")
    return replace(dialect, chat_path=f"/orgs/{organization}{DIALECT.chat_path}")


PROVIDER = compatible_provider(
    DIALECT,
    description="The models of GitHub Models.",
    base_url="https://models.github.ai",
    api_key_env=["GITHUB_TOKEN"],
    options=[
        OptionSpec(
            name="organization",
            description="The login of the organization to which the calls are attributed.",
        ),
    ],
    configure=configure,
    listing=Listing(HttpRequest(method="GET", path="/catalog/models"), read_catalog),
    documentation_url="https://docs.github.com/en/rest/models/inference",
)
"""The provider `github-models`."""
