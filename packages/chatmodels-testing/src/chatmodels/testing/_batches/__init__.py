"""The batch APIs of a simulator, in order of precedence.

Of several APIs with a path, the first one for which a request has a key responds.
"""

from chatmodels.testing._batches.anthropic import AnthropicBatches
from chatmodels.testing._batches.api import BatchApi
from chatmodels.testing._batches.azure import AzureBatches
from chatmodels.testing._batches.bedrock import BedrockBatches
from chatmodels.testing._batches.gemini import GeminiBatches
from chatmodels.testing._batches.groq import GroqBatches
from chatmodels.testing._batches.mistral import MistralBatches
from chatmodels.testing._batches.openai import OpenAIBatches
from chatmodels.testing._batches.openrouter import OpenRouterBatches
from chatmodels.testing._batches.together import TogetherBatches

__all__ = ["BATCH_APIS"]

BATCH_APIS: tuple[BatchApi, ...] = (
    AnthropicBatches(),
    AzureBatches(),
    BedrockBatches(),
    GroqBatches(),
    MistralBatches(),
    TogetherBatches(),
    OpenRouterBatches(),
    OpenAIBatches(),
    GeminiBatches(),  # it shares paths with OpenAI
)
