"""Azure OpenAI and Microsoft Foundry for chatmodels: `create_chat_model("azure:my-deployment")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.azure._dialect import DIALECT
from chatmodels.providers.azure._filters import FilterResults, filter_results
from chatmodels.providers.azure._provider import PROVIDER

__all__ = ["DIALECT", "PROVIDER", "FilterResults", "filter_results"]

publish(globals())

register_provider(PROVIDER)
