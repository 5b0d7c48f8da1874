"""Makes models that speak a wire format without a provider of their own."""

from chatmodels.core import ChatModel
from chatmodels.core.extending import ProviderMetadata, ProviderOptions
from chatmodels.http import Codec, Engine, HttpProvider

METADATA = ProviderMetadata(
    name="any", description="Any server.", distribution="any", base_url="https://any.example/v1"
)


def model_with(codec: Codec, model: str, engine: Engine) -> ChatModel:
    """Make a model that calls through an engine."""
    options = ProviderOptions(base_url=METADATA.base_url, max_retries=0, http_client=engine)
    return HttpProvider(METADATA, codec).create_chat_model(model, options)
