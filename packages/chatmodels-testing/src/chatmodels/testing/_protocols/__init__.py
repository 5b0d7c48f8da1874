"""The wire formats that a simulator supports, from the server's side."""

from chatmodels.testing._protocols.anthropic_messages import AnthropicMessages
from chatmodels.testing._protocols.azure_chat import AzureChat
from chatmodels.testing._protocols.bedrock_converse import BedrockConverse
from chatmodels.testing._protocols.cohere_chat import CohereChat
from chatmodels.testing._protocols.compatible_chat import CompatibleChat
from chatmodels.testing._protocols.gemini import Gemini
from chatmodels.testing._protocols.groq_chat import GroqChat
from chatmodels.testing._protocols.mistral_chat import MistralChat
from chatmodels.testing._protocols.ollama_chat import OllamaChat
from chatmodels.testing._protocols.openai_responses import OpenAIResponses
from chatmodels.testing._protocols.protocol import WireProtocol

__all__ = ["PROTOCOLS"]

PROTOCOLS: tuple[WireProtocol, ...] = (
    AnthropicMessages(),
    AzureChat(),
    BedrockConverse(),
    CohereChat(),
    Gemini(),
    GroqChat(),
    MistralChat(),
    OllamaChat(),
    OpenAIResponses(),
    CompatibleChat(),
)
"""The wire formats in order of precedence; the last one is used for unknown requests."""
