"""A provider that breaks the contract wherever it can, though it looks as if it worked."""

import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    HealthReport,
    ModelInfo,
    StreamEnd,
    StreamEvent,
    StreamStart,
    TextDelta,
    Usage,
    assistant,
)
from chatmodels.core.extending import (
    CallInfo,
    Capability,
    ProviderMetadata,
    ProviderOptions,
    StandardChatModel,
)

METADATA = ProviderMetadata(
    name="careless",
    description="Breaks the contract wherever it can.",
    distribution="chatmodels-provider-careless",
    capabilities=frozenset({Capability.STREAMING}),
    base_url="https://careless.example/v1",
)


class CarelessModel(StandardChatModel):
    """Sends the text and nothing else, and takes the response for granted."""

    def __init__(self, model: str, options: ProviderOptions) -> None:
        super().__init__("careless", model, settings=options.settings)
        self._options = options
        self._key = "" if options.api_key is None else options.api_key.reveal()

    def __repr__(self) -> str:
        return f"<CarelessModel with {self._key}>"

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        """Ask without a look at what comes."""
        base_url = self._options.base_url or ""
        host, _, path = base_url.removeprefix("http://").partition("/")
        body = {"model": self.model, "messages": [{"role": "user", "content": "?"}]}
        headers = {"authorization": f"Bearer {self._key}"}
        with closing(http.client.HTTPConnection(host, timeout=300)) as connection:
            connection.request("POST", f"/{path}/chat/completions", json.dumps(body), headers)
            response = json.loads(connection.getresponse().read())
        return ChatResponse(
            message=assistant(response["choices"][0]["message"]["content"]),
            usage=Usage(input_tokens=3, output_tokens=3, total_tokens=7),
        )

    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        """Give a text that has little to do with the whole one, in one piece."""
        yield StreamStart()
        yield TextDelta(self.respond(request, call).text.upper())
        yield StreamEnd()

    def probe(self) -> HealthReport:
        """Be well whatever happens."""
        return CarelessProvider().check_health(self._options)


class CarelessProvider:
    """Claims little, and not even that is true."""

    metadata = METADATA

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> CarelessModel:
        """Make a model."""
        return CarelessModel(model, options)

    def model_info(self, model: str, /) -> ModelInfo:
        """Know nothing."""
        return ModelInfo(name=model, provider="careless")

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        """Be well whatever happens."""
        return HealthReport(provider="careless", status="healthy")

    def list_models(self, options: ProviderOptions, /) -> Sequence[ModelInfo]:
        """List something, though there is no listing."""
        return [self.model_info("one")]
