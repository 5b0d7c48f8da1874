"""A whole provider without HTTP: it answers with the user's words in reverse.

Run it: `python examples/reverse_provider.py`. In a package of its own, the last line of the first
part would be in `__init__.py`, and an entry point would make core find it.
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
        description="Says it backwards.",
        distribution="chatmodels-provider-reverse",
        capabilities=frozenset({Capability.STREAMING}),
    )

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> ReverseModel:
        return ReverseModel(
            "reverse",
            model,
            timeout=options.timeout,
            settings=options.settings,
            supported_settings=frozenset(),  # it honours none: they are refused, and not ignored
            capabilities=self.metadata.capabilities,  # so are tools and images
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
