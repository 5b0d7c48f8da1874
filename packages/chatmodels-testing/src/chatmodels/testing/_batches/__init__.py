"""The batch APIs of a simulator, in order of precedence."""

from chatmodels.testing._batches.anthropic import AnthropicBatches
from chatmodels.testing._batches.api import BatchApi
from chatmodels.testing._batches.bedrock import BedrockBatches
from chatmodels.testing._batches.gemini import GeminiBatches
from chatmodels.testing._batches.openai import OpenAIBatches

__all__ = ["BATCH_APIS"]

BATCH_APIS: tuple[BatchApi, ...] = (
    AnthropicBatches(),
    BedrockBatches(),
    GeminiBatches(),
    OpenAIBatches(),
)
