"""The standard implementation of `ChatModel` from primitives, policies and observers."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import Any, Literal, Self

import msgspec

from chatmodels.core._calls.async_batch import AsyncBatchResults, abatch
from chatmodels.core._calls.attachments import checked_observers, checked_policies
from chatmodels.core._calls.attempt import aopen_stream, arespond, open_stream, respond
from chatmodels.core._calls.batch import BatchResults, Progress, batch
from chatmodels.core._calls.call import CallInfo, Observer
from chatmodels.core._calls.completion import complete_response, with_partial_output
from chatmodels.core._calls.effects import Policy, can_replace
from chatmodels.core._calls.failures import failed, located
from chatmodels.core._calls.methods import CallMethods
from chatmodels.core._calls.negotiation import refuse_unsupported
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._calls.prepare import Defaults, Prepared, prepare
from chatmodels.core._calls.primitives import Primitives
from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
from chatmodels.core._calls.watchers import checked
from chatmodels.core._deprecation import deprecated
from chatmodels.core._errors.classes import ChatModelError, InvalidRequestError
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Capability, Explanation, HealthReport
from chatmodels.core._values.prices import Prices, prices_for
from chatmodels.core._values.profile import EVERYTHING, AcceptedMedia, MediaKind, Profile
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.setting_rules import chosen_settings, validated_settings
from chatmodels.core._values.settings import NO_SETTINGS, Settings
from chatmodels.core._values.timeout import DEFAULT_TIMEOUT, Timeout, as_timeout
from chatmodels.core._values.token_count import TokenCount

Op = Literal["generate", "stream", "explain", "count_tokens"]

_NESTED = "an argument is nested too deeply; pass a flatter one"


class StandardChatModel(CallMethods, Primitives):
    """A complete `ChatModel`, implemented by at least one of `respond` and `events`.

    A subclass implements these, and any other method of `Primitives` that differs from its
    default. It can be shared by threads and tasks if its primitives can.

    Args:
        provider: The provider's registered name.
        model: The model's name at the provider.
        settings: Settings that a call can override.
        timeout: Time limits that a call can override; a number is the total limit.
        supported_settings: The supported settings; None for those of the profile.
        profile: The features that the model supports; by default all.
        capabilities: The capabilities in the provider's metadata. Tools, media, output types, and
            settings such as `seed` that need a capability which is not among them are refused;
            rules for media and settings in the profile take precedence. None if the subclass checks
            that.
        on_unsupported: The reaction to unsupported features: "error" raises `UnsupportedError`,
            "warn" omits them and adds a warning to the response.
        remedies: Unsupported setting to the option of the model with which it is supported, as in
            `{"seed": 'api="chat_completions"'}`, for error messages. "tools with reasoning" is the
            name of that combination.
        policies: The policies of calls, the outermost first.
        observers: The observers of calls.
        endpoint: The base URL of the provider, if it has a URL.
        api: The API of the vendor; None if there is only one.
        prices: The prices of the model, or the names of models to their prices, with `*` for any
            text; None for those of the price list.
        unsupported: The former name of `on_unsupported`, to be removed in 0.3.

    Raises:
        InvalidRequestError: The settings or time limits are out of range.
        UnsupportedError: The settings are not supported.
        InternalError: The subclass implements neither `respond` nor `events`.
    """

    _prices: Prices | None = None  # a pickle of 0.1.0 has none

    def __init__(
        self,
        provider: str,
        model: str,
        *,
        settings: Settings = NO_SETTINGS,
        timeout: Timeout | float = DEFAULT_TIMEOUT,
        supported_settings: frozenset[str] | None = None,
        profile: Profile = EVERYTHING,
        capabilities: frozenset[Capability] | None = None,
        on_unsupported: Literal["error", "warn"] = "error",
        remedies: Mapping[str, str] | None = None,
        policies: Sequence[Policy] = (),
        observers: Sequence[Observer] = (),
        endpoint: str | None = None,
        api: str | None = None,
        prices: Prices | Mapping[str, Prices] | None = None,
        unsupported: Literal["error", "warn"] | None = None,
    ) -> None:
        if unsupported is not None:
            deprecated("unsupported=...", "use on_unsupported=...")
            on_unsupported = unsupported
        super().__init__(provider, model)
        self.endpoint = endpoint
        self.api = api
        self._prices = prices_for(prices, model)
        if settings is not NO_SETTINGS:
            settings = validated_settings(chosen_settings(settings))
        if supported_settings is not None:
            names = {name: name for name in supported_settings}
            profile = msgspec.structs.replace(profile, settings=names)
        if capabilities is not None:
            profile = _claimed(profile, capabilities)
        self._defaults = Defaults(
            provider=provider,
            settings=settings,
            timeout=as_timeout(timeout),
            profile=profile,
            on_unsupported=on_unsupported,
            remedies=remedies or {},
        )
        if on_unsupported == "error":
            refuse_unsupported(settings, profile, provider=provider, remedies=remedies or {})
        self._policies = checked_policies(policies)
        self._observers = checked_observers(observers)

    def __repr__(self) -> str:
        # A traceback can show a model whose constructor has failed.
        provider, model = getattr(self, "provider", "?"), getattr(self, "model", "?")
        return f"<{type(self).__name__} {provider}:{model}>"

    def _generate(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatResponse[Any]:
        prepared = self._prepare("generate", prompt, output_type, options)
        call = self._begin("generate", prepared)
        try:
            response = respond(self, self._policies, call, self._defaults, prepared.output)
            response = complete_response(prepared.output, response, call)
        except BaseException as error:
            raise failed(call, error)
        call.end(response)
        return response

    async def _agenerate(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatResponse[Any]:
        prepared = self._prepare("generate", prompt, output_type, options)
        call = self._begin("generate", prepared)
        try:
            response = await arespond(self, self._policies, call, self._defaults, prepared.output)
            response = complete_response(prepared.output, response, call)
        except BaseException as error:
            raise failed(call, error)
        call.end(response)
        return response

    def _stream(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatStream[Any]:
        prepared = self._prepare("stream", prompt, output_type, options)
        return ChatStream(
            lambda: self._begin("stream", prepared),
            lambda call: open_stream(self, self._policies, call, self._defaults, prepared.output),
            lambda response, call: complete_response(prepared.output, response, call),
            lambda response, call: with_partial_output(prepared.output, response, call),
        )

    def _astream(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> AsyncChatStream[Any]:
        prepared = self._prepare("stream", prompt, output_type, options)
        return AsyncChatStream(
            lambda: self._begin("stream", prepared),
            lambda call: aopen_stream(self, self._policies, call, self._defaults, prepared.output),
            lambda response, call: complete_response(prepared.output, response, call),
            lambda response, call: with_partial_output(prepared.output, response, call),
        )

    def _batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> list[ChatResponse[Any] | ChatModelError]:
        return batch(
            lambda prompt: self.generate(prompt, output_type=output_type, **options),
            prompts,
            max_concurrency,
            on_progress,
        )

    async def _abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> list[ChatResponse[Any] | ChatModelError]:
        return await abatch(
            lambda prompt: self.agenerate(prompt, output_type=output_type, **options),
            prompts,
            max_concurrency,
            on_progress,
        )

    def _batch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> BatchResults[ChatResponse[Any] | ChatModelError]:
        return BatchResults(
            lambda prompt: self.generate(prompt, output_type=output_type, **options),
            prompts,
            max_concurrency,
            on_progress,
        )

    def _abatch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest] | AsyncIterable[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> AsyncBatchResults[ChatResponse[Any] | ChatModelError]:
        return AsyncBatchResults(
            lambda prompt: self.agenerate(prompt, output_type=output_type, **options),
            prompts,
            max_concurrency,
            on_progress,
        )

    def _explain(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> Explanation:
        prepared = self._prepare("explain", prompt, output_type, options)
        try:
            explanation = self.explanation(prepared.request)
        except Exception as error:
            raise located(error, op="explain", provider=self.provider, model=self.model)
        return msgspec.structs.replace(
            explanation, warnings=prepared.warnings + explanation.warnings
        )

    def _count_tokens(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> TokenCount:
        prepared = self._prepare("count_tokens", prompt, output_type, options)
        try:
            count = self.token_count(prepared.request)
        except Exception as error:
            raise located(error, op="count_tokens", provider=self.provider, model=self.model)
        return msgspec.structs.replace(count, warnings=prepared.warnings + count.warnings)

    async def _acount_tokens(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> TokenCount:
        prepared = self._prepare("count_tokens", prompt, output_type, options)
        try:
            count = await self.atoken_count(prepared.request)
        except Exception as error:
            raise located(error, op="count_tokens", provider=self.provider, model=self.model)
        return msgspec.structs.replace(count, warnings=prepared.warnings + count.warnings)

    def check_health(self) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; report failures."""
        return checked(self.probe(), self._observers)

    async def acheck_health(self) -> HealthReport:
        """Send the cheapest request that verifies address and credentials; async."""
        return checked(await self.aprobe(), self._observers)

    def with_policies(self, *policies: Policy) -> Self:
        """Return a copy of the model with further policies around its own.

        Raises:
            ConfigurationError: One is not a policy.
        """
        copy = self.__copy__()
        copy._policies = (*checked_policies(policies), *self._policies)
        return copy

    def with_observers(self, *observers: Observer) -> Self:
        """Return a copy of the model with further observers.

        Raises:
            ConfigurationError: One is not an observer.
        """
        copy = self.__copy__()
        copy._observers = (*self._observers, *checked_observers(observers))
        return copy

    def without_observers(self, *observers: Observer) -> Self:
        """Return a copy of the model without some observers; unknown ones are ignored."""
        copy = self.__copy__()
        copy._observers = tuple(
            each for each in self._observers if all(each is not other for other in observers)
        )
        return copy

    @property
    def profile(self) -> Profile:
        """The features that the model supports; each request is checked against them."""
        return self._defaults.profile

    @property
    def prices(self) -> Prices | None:
        """The prices that the model was created with; None for those of the price list."""
        return self._prices

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The observers of calls, in the order in which they are called."""
        return self._observers

    def __copy__(self) -> Self:
        copy = object.__new__(type(self))
        # Not `copy.__dict__`: before Python 3.13, an instance is slower once it has been read.
        for name, value in tuple(self.__dict__.items()):
            object.__setattr__(copy, name, value)
        return copy

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the defaults as plain fields, so that no private class is named."""
        return self.__dict__ | {"_defaults": msgspec.structs.asdict(self._defaults)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        defaults: Any = state["_defaults"]
        if type(defaults) is not Defaults:  # a pickle of 0.1.0 has an instance
            self._defaults = Defaults(**defaults)

    def _prepare(
        self, op: Op, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> Prepared:
        try:
            return prepare(
                prompt,
                output_type,
                options,
                self._defaults,
                may_be_unsupported=lambda: op != "explain" and can_replace(self._policies),
            )
        except ChatModelError as error:
            raise self._refused(op, error)
        except RecursionError as error:  # for example from the repr of an argument
            raise self._refused(op, InvalidRequestError(_NESTED)) from error

    def _refused(self, op: Op, error: ChatModelError) -> ChatModelError:
        """Report a refused call to observers, and return the error to raise.

        The arguments can be invalid, so the request for observers is empty.
        """
        error = error.located(op=op, provider=self.provider, model=self.model)
        if op in ("generate", "stream"):
            empty = ChatRequest(messages=())
            self._begin(op, Prepared(empty, empty)).end(None, error)
        return error

    def _begin(self, op: Literal["generate", "stream"], prepared: Prepared) -> CallInfo:
        call = CallInfo(
            op,
            prepared.request,
            full_request=prepared.full_request,
            warnings=prepared.warnings,
            provider=self.provider,
            model=self.model,
            timeout=prepared.request.timeout or self._defaults.timeout,
            endpoint=self.endpoint,
            api=self.api,
            profile=self._defaults.profile,
            prices=self._prices,
            observers=self._observers,
        )
        call.is_checked = prepared.is_checked
        return call


_MEDIA: Mapping[Capability, MediaKind] = {
    Capability.VISION: "image",
    Capability.AUDIO_INPUT: "audio",
    Capability.DOCUMENTS: "file",
}


_SETTINGS: Mapping[Capability, Sequence[str]] = {
    Capability.AUDIO_OUTPUT: ("audio_output",),
    Capability.LOGPROBS: ("logprobs", "top_logprobs"),
    Capability.PARALLEL_TOOLS: ("parallel_tool_calls",),
    Capability.PREDICTION: ("prediction",),
    Capability.REASONING: ("reasoning_effort", "reasoning_budget"),
    Capability.SEED: ("seed",),
}


def _claimed(profile: Profile, capabilities: frozenset[Capability]) -> Profile:
    """Return the profile without tools, output types, media and settings beyond the capabilities.

    Rules for media and settings in the profile are preserved: they are more precise.
    """
    settings = profile.settings
    if settings is None:
        refused = {
            name
            for capability, names in _SETTINGS.items()
            for name in names
            if capability not in capabilities
        }
        settings = {name: name for name in Settings.__struct_fields__ if name not in refused}
    media = tuple(
        AcceptedMedia(kind=kind, sources=("data", "url", "file_id"))
        for capability, kind in _MEDIA.items()
        if capability in capabilities
    )
    return msgspec.structs.replace(
        profile,
        settings=settings,
        strict_tools=profile.strict_tools and Capability.STRICT_TOOLS in capabilities,
        tools=profile.tools and Capability.TOOLS in capabilities,
        output_types=profile.output_types and Capability.STRUCTURED_OUTPUT in capabilities,
        user_media=media if profile.user_media is None else profile.user_media,
        result_media=media if profile.result_media is None else profile.result_media,
    )
