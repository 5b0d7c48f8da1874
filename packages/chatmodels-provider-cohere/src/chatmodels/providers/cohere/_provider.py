"""The Cohere provider."""

from chatmodels.http import HttpProvider
from chatmodels.providers.cohere._codec import CODEC
from chatmodels.providers.cohere._metadata import METADATA

PROVIDER = HttpProvider(METADATA, CODEC)
"""The provider `cohere`: Cohere's chat API."""
