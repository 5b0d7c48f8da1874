"""The interface that teaches a simulator a vendor's wire format.

`Simulator(protocols=[...])` and `ProviderContract(protocols=(...,))` accept objects with the
methods of `WireProtocol`. With `features` and `describe` as well, they are a `DescribingProtocol`,
and the contract suite compares the provider's requests with what was asked. "A provider with a
codec" in the documentation has a complete one.

A format that is close to OpenAI's chat completions is a subclass of `OpenAIChat`.
"""

from chatmodels.core.extending import publish
from chatmodels.testing._protocols.openai_chat import OpenAIChat, bearer_key
from chatmodels.testing._protocols.protocol import (
    CountingProtocol,
    DescribingProtocol,
    MalformedRequestError,
    ParsedRequest,
    WireProtocol,
)
from chatmodels.testing._protocols.request_body import read_body
from chatmodels.testing._sent.sent_request import (
    SentRequest,
    WireFeatures,
    merged,
    settings_in,
)
from chatmodels.testing._simulated_response import json_response
from chatmodels.testing._words import split_words

__all__ = [
    "CountingProtocol",
    "DescribingProtocol",
    "MalformedRequestError",
    "OpenAIChat",
    "ParsedRequest",
    "SentRequest",
    "WireFeatures",
    "WireProtocol",
    "bearer_key",
    "json_response",
    "merged",
    "read_body",
    "settings_in",
    "split_words",
]

publish(globals())
