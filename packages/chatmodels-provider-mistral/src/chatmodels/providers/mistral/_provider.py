"""The Mistral provider."""

from chatmodels.http import HttpProvider
from chatmodels.providers.mistral._codec import CODEC
from chatmodels.providers.mistral._metadata import METADATA
from chatmodels.providers.mistral._token import with_token

PROVIDER = HttpProvider(METADATA, CODEC, complete=with_token)
"""The provider `mistral`: Mistral's chat API."""
