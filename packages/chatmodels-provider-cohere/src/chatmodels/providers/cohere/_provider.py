"""Makes Cohere's models."""

from chatmodels.http import HttpProvider
from chatmodels.providers.cohere._codec import ChatV2Codec
from chatmodels.providers.cohere._metadata import METADATA

PROVIDER = HttpProvider(METADATA, ChatV2Codec())
