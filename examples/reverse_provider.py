"""A complete provider without HTTP, which returns the words of the prompt in reverse order.

Run it: `python examples/reverse_provider.py`. In a separate package, `__init__.py` would call
`register_provider`, and core would discover the package by its entry point.
"""

from collections.abc import Iterator

from chatmodels.core import (
    ChatRequest,
    HealthReport,
    ModelInfo,
    StreamEnd,
    StreamEvent,
    TextDelta,
    create_chat_model,
)
from chatmodels.core.extending import (
    CallInfo,
    Capability,
    ProviderMetadata,
    ProviderOptions,
    StandardChatModel,
    register_provider,
)


class ReverseModel(StandardChatModel):
    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        for word in reversed(request.messages[-1].text.split()):
            yield TextDelta(f"{word} ")
        yield StreamEnd()


class ReverseProvider:
    metadata = ProviderMetadata(
        name="reverse",
        description="Returns the words of the prompt in reverse order.",
        distribution="chatmodels-provider-reverse",
        capabilities=frozenset({Capability.STREAMING}),
    )

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> ReverseModel:
        return ReverseModel(
            "reverse",
            model,
            timeout=options.timeout,
            settings=options.settings,
            supported_settings=frozenset(),  # all settings are refused instead of ignored
            capabilities=self.metadata.capabilities,  # tools and images are refused as well
            on_unsupported=options.on_unsupported,
        )

    def model_info(self, model: str, /) -> ModelInfo:
        return ModelInfo(name=model, provider="reverse")

    def check_health(self, options: ProviderOptions, /) -> HealthReport:
        return HealthReport(provider="reverse", status="healthy", message="always is")

    def list_models(self, options: ProviderOptions, /) -> list[ModelInfo]:
        return [self.model_info("words")]


register_provider(ReverseProvider())

if __name__ == "__main__":
    model = create_chat_model("reverse:words")
    print(model.generate("blue is sky the").text)
