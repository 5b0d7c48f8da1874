"""A model that follows an alias: each call goes to the target that the alias has at its start."""

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from importlib import import_module
from threading import Lock
from typing import Any, Protocol, Self

import msgspec

from chatmodels.core._calls.async_batch import AsyncBatchResults
from chatmodels.core._calls.batch import BatchResults, Progress
from chatmodels.core._calls.call import Observer
from chatmodels.core._calls.effects import Policy
from chatmodels.core._calls.methods import CallMethods
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
from chatmodels.core._errors.classes import ChatModelError, ConfigurationError
from chatmodels.core._public import published_in
from chatmodels.core._registry.composition import GivenModel, Target, refuse_options
from chatmodels.core._registry.credentials import as_secret, has_credentials
from chatmodels.core._registry.options import refuse_to_pickle
from chatmodels.core._registry.registrations import ModelHook
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Explanation, HealthReport, ModelInfo
from chatmodels.core._values.prices import Prices
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.token_count import TokenCount


class Names(Protocol):
    """The part of a registry that a model of an alias needs."""

    @property
    def generation(self) -> int:
        """A number that changes with every change of the registry."""
        ...

    def compose(self, spec: str, /) -> Target:
        """Resolve a spec or an alias with everything that is declared for it."""
        ...

    def create(self, target: Target, options: Mapping[str, object], /) -> ChatModel:
        """Create the model of a target without sending a request."""
        ...

    def add_follower(self, model: "AliasedModel", /) -> None:
        """Record a model that follows a name."""
        ...


class _Current(msgspec.Struct, frozen=True):
    """A target and the generation of the registry it belongs to; replaced as a whole."""

    generation: int
    target: Target
    model: ChatModel


@published_in("chatmodels.core.extending")
class AliasedModel(CallMethods):
    """The model of an alias, which follows the alias when its target changes.

    Calls in progress when the alias changes finish with their target. The options apply to every
    target, except for credentials: without a `base_url`, they belong to the first provider of the
    alias and are never sent to another.

    Args:
        registry: The registry of the alias.
        alias: The name of the alias.
        options: The options to create each target with.

    Raises:
        ChatModelError: There is no such alias, or its target cannot be created.
    """

    def __init__(self, registry: Names, alias: str, options: dict[str, Any], /) -> None:
        self.alias = alias
        self._hooks: tuple[ModelHook, ...] = ()
        self._registry = registry
        secret = registry.compose(alias).secret_options
        self._options: dict[str, Any] = {
            name: as_secret(value) if name in secret else value for name, value in options.items()
        }
        self._policies: tuple[Policy, ...] = ()
        self._observers: tuple[Observer, ...] = ()
        self._lock = Lock()
        self._owner: str | None = None
        self._current = self._follow(registry, None)
        if has_credentials(self._options):
            self._owner = self._current.target.provider_name
        registry.add_follower(self)

    @property
    def target(self) -> ChatModel:
        """The model that calls go to now."""
        current = self._current
        if current.generation != self._registry.generation:
            with self._lock:
                current = self._current = self._follow(self._registry, self._current)
        return current.model

    def _follow(self, registry: Names, current: _Current | None) -> _Current:
        # Read first, so that the next call notices a change in the meantime.
        generation = registry.generation
        target = registry.compose(self.alias)
        if current is not None and current.target == target:
            return msgspec.structs.replace(current, generation=generation)
        if self._owner is not None and self._owner != target.provider_name:
            raise ConfigurationError(
                f"alias {self.alias!r} now refers to {_spec(target)!r}, and this model was created "
                f"with credentials for {self._owner}; create it without them, so that each "
                "provider's own are taken from the environment",
                op="create_chat_model",
                provider=target.provider_name,
                model=target.name,
            )
        if isinstance(target, GivenModel):
            refuse_options(self.alias, self._options)
        model = registry.create(target, self._options)
        if self._policies:
            model = model.with_policies(*self._policies)
        if self._observers:
            model = model.with_observers(*self._observers)
        for hook in self._hooks:
            model = hook(model)
        return _Current(generation, target, model)

    def follows(self, registry: object, /) -> bool:
        """Report whether the model follows an alias of a registry."""
        return self._registry is registry

    def check_target(self, registry: Names, /) -> None:
        """Check that the model could follow its alias to the target of another registry.

        Raises:
            ChatModelError: The target cannot be created with the options of the model.
        """
        self._follow(registry, self._current)

    def with_hook(self, hook: ModelHook, /) -> Self:
        """Return a copy of the model with a hook for each target, current and future.

        Args:
            hook: Accepts a target, and returns the model that calls go to.
        """
        current = self._current
        copy = self._copy(current, hook(current.model))
        copy._hooks = (*self._hooks, hook)
        return copy

    @property
    def provider(self) -> str:
        """The registered name of the provider that calls go to now."""
        return self.target.provider

    @property
    def model(self) -> str:
        """The name of the model that calls go to now."""
        return self.target.model

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The observers of the model that calls go to now."""
        return getattr(self.target, "observers", ())

    @property
    def prices(self) -> Prices | None:
        """The prices that the model was created with to which calls go now."""
        return getattr(self.target, "prices", None)

    def _generate(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatResponse[Any]:
        return self.target.generate(prompt, output_type=output_type, **options)

    async def _agenerate(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatResponse[Any]:
        return await self.target.agenerate(prompt, output_type=output_type, **options)

    def _stream(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatStream[Any]:
        return self.target.stream(prompt, output_type=output_type, **options)

    def _astream(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> AsyncChatStream[Any]:
        return self.target.astream(prompt, output_type=output_type, **options)

    def _batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> list[ChatResponse[Any] | ChatModelError]:
        return self.target.batch(
            prompts,
            max_concurrency=max_concurrency,
            on_progress=on_progress,
            output_type=output_type,
            **options,
        )

    async def _abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> list[ChatResponse[Any] | ChatModelError]:
        return await self.target.abatch(
            prompts,
            max_concurrency=max_concurrency,
            on_progress=on_progress,
            output_type=output_type,
            **options,
        )

    def _batch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> BatchResults[ChatResponse[Any] | ChatModelError]:
        return self.target.batch_as_completed(
            prompts,
            max_concurrency=max_concurrency,
            on_progress=on_progress,
            output_type=output_type,
            **options,
        )

    def _abatch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest] | AsyncIterable[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> AsyncBatchResults[ChatResponse[Any] | ChatModelError]:
        return self.target.abatch_as_completed(
            prompts,
            max_concurrency=max_concurrency,
            on_progress=on_progress,
            output_type=output_type,
            **options,
        )

    def _explain(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> Explanation:
        return self.target.explain(prompt, output_type=output_type, **options)

    def _count_tokens(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> TokenCount:
        return self.target.count_tokens(prompt, output_type=output_type, **options)

    async def _acount_tokens(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> TokenCount:
        return await self.target.acount_tokens(prompt, output_type=output_type, **options)

    def model_info(self) -> ModelInfo:
        """Describe the model that calls go to now."""
        return self.target.model_info()

    def check_health(self) -> HealthReport:
        """Check the provider that calls go to now."""
        return self.target.check_health()

    async def acheck_health(self) -> HealthReport:
        """Check the provider that calls go to now."""
        return await self.target.acheck_health()

    def with_policies(self, *policies: Policy) -> Self:
        """Return a copy of the model with policies around those of each target."""
        current = self._current
        copy = self._copy(current, current.model.with_policies(*policies))
        copy._policies = (*policies, *self._policies)
        return copy

    def with_observers(self, *observers: Observer) -> Self:
        """Return a copy of the model with further observers of each target."""
        current = self._current
        copy = self._copy(current, current.model.with_observers(*observers))
        copy._observers = (*self._observers, *observers)
        return copy

    def close(self) -> None:
        """Release the resources of the current target."""
        self._current.model.close()

    async def aclose(self) -> None:
        """Release the resources of the current target."""
        await self._current.model.aclose()

    def __repr__(self) -> str:
        current: _Current | None = vars(self).get("_current")
        # A traceback can show a model whose constructor has failed.
        spec = "?" if current is None else _spec(current.target)
        return f"<{type(self).__name__} {self.alias} -> {spec}>"

    def _copy(self, current: _Current, model: ChatModel) -> Self:
        """Copy the model, including the owner of the credentials, with another current target."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._lock = Lock()
        copy._current = msgspec.structs.replace(current, model=model)
        copy._registry.add_follower(copy)
        return copy

    def __copy__(self) -> Self:
        return self._copy(self._current, self._current.model)

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        from copy import deepcopy

        current = self._current  # Copies share options, which contain clients and secrets.
        return self._copy(current, deepcopy(current.model, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        options = self._options
        refuse_to_pickle(
            options.get("headers") or {},
            options.get("proxy"),
            options.get("http_client") or options.get("async_http_client"),
        )
        arguments = (self._registry, self.alias, options, self._policies, self._observers)
        return AliasedModel._unpickled, arguments

    @classmethod
    def _unpickled(
        cls,
        registry: Names,
        alias: str,
        options: dict[str, Any],
        policies: tuple[Policy, ...],
        observers: tuple[Observer, ...],
    ) -> Self:
        return cls(registry, alias, options).with_policies(*policies).with_observers(*observers)


def _spec(target: Target) -> str:
    return f"{target.provider_name}:{target.name}"


def _unpickled(  # pyright: ignore[reportUnusedFunction] - pickles of 0.1.0 refer to it
    alias: str,
    options: dict[str, Any],
    policies: tuple[Policy, ...],
    observers: tuple[Observer, ...],
) -> AliasedModel:
    # The registry imports this module.
    registry: Names = import_module("chatmodels.core").registry
    model = AliasedModel(registry, alias, options)
    return model.with_policies(*policies).with_observers(*observers)
