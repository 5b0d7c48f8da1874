"""The wire formats that a simulator speaks, each as its vendor's server does."""

from chatmodels.testing._protocols.anthropic_messages import AnthropicMessages
from chatmodels.testing._protocols.azure_chat import AzureChat
from chatmodels.testing._protocols.bedrock_converse import BedrockConverse
from chatmodels.testing._protocols.cohere_chat import CohereChat
from chatmodels.testing._protocols.gemini import Gemini
from chatmodels.testing._protocols.mistral_chat import MistralChat
from chatmodels.testing._protocols.ollama_chat import OllamaChat
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.openai_responses import OpenAIResponses
from chatmodels.testing._protocols.protocol import WireProtocol

__all__ = ["PROTOCOLS"]

PROTOCOLS: tuple[WireProtocol, ...] = (
    AnthropicMessages(),
    AzureChat(),
    BedrockConverse(),
    CohereChat(),
    Gemini(),
    MistralChat(),
    OllamaChat(),
    OpenAIResponses(),
    OpenAIChat(),
)
"""Asked in this order; the last is the mother tongue, for what nobody knows."""
