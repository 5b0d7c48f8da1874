"""A model that follows an alias: each call goes to whatever the alias stands for when it begins."""

from collections.abc import Sequence
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, Self, Unpack

import msgspec

from chatmodels.core._calls.call import Observer
from chatmodels.core._calls.flow import Policy
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
from chatmodels.core._errors.classes import ChatModelError, ConfigurationError
from chatmodels.core._registry.credentials import has_credentials, hidden
from chatmodels.core._registry.options import refuse_to_pickle
from chatmodels.core._registry.provider import Provider
from chatmodels.core._registry.registrations import ModelHook
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Explanation, HealthReport, ModelInfo
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


class Targets(Protocol):
    """The part of a registry that an alias needs."""

    @property
    def generation(self) -> int:
        """A number that changes with every change of the registry."""
        ...

    def resolve(self, spec: str, /) -> tuple[Provider, str]:
        """Find the provider and the model that a spec or an alias names."""
        ...

    def create_chat_model(self, spec: str, /, **options: Any) -> ChatModel:
        """Create a model; no request is sent."""
        ...


class _Current(msgspec.Struct, frozen=True):
    """A target and the state of the registry that it was found in; replaced as a whole."""

    generation: int
    provider: Provider
    name: str
    model: ChatModel


class AliasedModel:
    """The model behind an alias, also after the alias was pointed elsewhere.

    Calls that run when the alias moves finish where they began. The options given hold for each
    target, but for credentials: given without a `base_url` they belong to the provider that the
    alias stood for at first, and are never sent to another.

    Args:
        registry: Where the alias is.
        alias: Its name.
        options: The options to create each target with.

    Raises:
        ChatModelError: There is no such alias, or its target cannot be created.
    """

    def __init__(self, registry: Targets, alias: str, options: dict[str, Any], /) -> None:
        self.alias = alias
        self._hooks: tuple[ModelHook, ...] = ()
        self._registry = registry
        provider, _ = registry.resolve(alias)
        secret = {spec.name for spec in provider.metadata.options if spec.secret} | {"api_key"}
        self._options: dict[str, Any] = {
            name: hidden(value) if name in secret else value for name, value in options.items()
        }
        self._policies: tuple[Policy, ...] = ()
        self._observers: tuple[Observer, ...] = ()
        self._lock = Lock()
        self._owner: str | None = None
        self._current = self._follow(None)
        if has_credentials(self._options):
            self._owner = self._current.provider.metadata.name

    @property
    def target(self) -> ChatModel:
        """The model that calls go to now."""
        current = self._current
        if current.generation != self._registry.generation:
            with self._lock:
                current = self._current = self._follow(self._current)
        return current.model

    def _follow(self, current: _Current | None) -> _Current:
        registry = self._registry
        # Read first: a change in between is then noticed by the next call.
        generation = registry.generation
        provider, name = registry.resolve(self.alias)
        if current is not None and current.provider is provider and current.name == name:
            return msgspec.structs.replace(current, generation=generation)
        spec = f"{provider.metadata.name}:{name}"
        if self._owner is not None and self._owner != provider.metadata.name:
            raise ConfigurationError(
                f"alias {self.alias!r} stands for {spec!r} now, and this model was created with "
                f"credentials for {self._owner}; create it without them, so that each provider's "
                "own are taken from the environment",
                op="create_chat_model",
                provider=provider.metadata.name,
                model=name,
            )
        model = registry.create_chat_model(spec, **self._options)
        if self._policies:
            model = model.with_policies(*self._policies)
        if self._observers:
            model = model.with_observers(*self._observers)
        for hook in self._hooks:
            model = hook(model)
        return _Current(generation, provider, name, model)

    def with_hook(self, hook: ModelHook, /) -> Self:
        """Give the same model with a function around each target, present and future.

        Args:
            hook: Gets a target, and gives the one that calls go to.
        """
        present = self._current
        changed = self._copy(present, hook(present.model))
        changed._hooks = (*self._hooks, hook)
        return changed

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

    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]:
        """Answer a prompt; see `ChatModel.generate`."""
        return self.target.generate(prompt, output_type=output_type, **options)

    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]:
        """Answer a prompt, awaited; see `ChatModel.agenerate`."""
        return await self.target.agenerate(prompt, output_type=output_type, **options)

    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatStream[T]:
        """Prepare a stream; see `ChatModel.stream`."""
        return self.target.stream(prompt, output_type=output_type, **options)

    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncChatStream[T]:
        """Prepare a stream; see `ChatModel.astream`."""
        return self.target.astream(prompt, output_type=output_type, **options)

    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]:
        """Answer many prompts in threads, all by the same target; see `ChatModel.batch`."""
        return self.target.batch(
            prompts, max_concurrency=max_concurrency, output_type=output_type, **options
        )

    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]:
        """Answer many prompts in tasks, all by the same target; see `ChatModel.abatch`."""
        return await self.target.abatch(
            prompts, max_concurrency=max_concurrency, output_type=output_type, **options
        )

    def model_info(self) -> ModelInfo:
        """Describe the model that calls go to now."""
        return self.target.model_info()

    def check_health(self) -> HealthReport:
        """Probe the provider that calls go to now."""
        return self.target.check_health()

    async def acheck_health(self) -> HealthReport:
        """Probe the provider that calls go to now, awaited."""
        return await self.target.acheck_health()

    def explain(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Explanation:
        """Show the request that `generate` would send now; see `ChatModel.explain`."""
        return self.target.explain(prompt, output_type=output_type, **options)

    def with_policies(self, *policies: Policy) -> Self:
        """Give the same model with further policies around those of each target."""
        present = self._current
        made = self._copy(present, present.model.with_policies(*policies))
        made._policies = (*policies, *self._policies)
        return made

    def with_observers(self, *observers: Observer) -> Self:
        """Give the same model with further observers of each target."""
        present = self._current
        made = self._copy(present, present.model.with_observers(*observers))
        made._observers = (*self._observers, *observers)
        return made

    def close(self) -> None:
        """Release what the present target holds."""
        self._current.model.close()

    async def aclose(self) -> None:
        """Release what the present target holds."""
        await self._current.model.aclose()

    def __repr__(self) -> str:
        current: _Current | None = vars(self).get("_current")
        # A traceback may show a model whose constructor has failed.
        spec = "?" if current is None else f"{current.provider.metadata.name}:{current.name}"
        return f"<{type(self).__name__} {self.alias} -> {spec}>"

    def _copy(self, present: _Current, model: ChatModel) -> Self:
        """Copy all, the owner of the credentials too, and have calls go to a model for now."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._lock = Lock()
        made._current = msgspec.structs.replace(present, model=model)
        return made

    def __copy__(self) -> Self:
        return self._copy(self._current, self._current.model)

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        from copy import deepcopy

        present = self._current  # Options hold clients and secrets, which copies share.
        return self._copy(present, deepcopy(present.model, memo))

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
        registry: Targets,
        alias: str,
        options: dict[str, Any],
        policies: tuple[Policy, ...],
        observers: tuple[Observer, ...],
    ) -> Self:
        return cls(registry, alias, options).with_policies(*policies).with_observers(*observers)


def _unpickled(  # pyright: ignore[reportUnusedFunction] - pickles of 0.1.0 name it
    alias: str,
    options: dict[str, Any],
    policies: tuple[Policy, ...],
    observers: tuple[Observer, ...],
) -> AliasedModel:
    # The registry imports this module.
    registry: Targets = import_module("chatmodels.core").registry
    model = AliasedModel(registry, alias, options)
    return model.with_policies(*policies).with_observers(*observers)
