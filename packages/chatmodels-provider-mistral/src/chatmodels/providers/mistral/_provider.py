"""Makes Mistral's models."""

from chatmodels.http import HttpProvider
from chatmodels.providers.mistral._codec import CODEC
from chatmodels.providers.mistral._metadata import METADATA
from chatmodels.providers.mistral._token import authorized

PROVIDER = HttpProvider(METADATA, CODEC, complete=authorized)
"""The provider `mistral`: Mistral's chat API."""
