import logging
import subprocess
import sys
import threading
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatmodels.core import (
    AuthenticationError,
    ChatModel,
    ConfigurationError,
    ErrorCode,
    InternalError,
    InvalidRequestError,
    ProviderConflictError,
    ProviderNotFoundError,
)
from chatmodels.core._registry import front
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core._values.metadata import Capability, ModelInfo, OptionSpec
from chatmodels.core.extending import Provider


@pytest.fixture
def registry(fake) -> ProviderRegistry:
    made = ProviderRegistry()
    made.register_provider(fake("acme", base_url="https://acme.test"))
    return made


# Registering.


def test_a_registered_provider_is_found(fake) -> None:
    registry = ProviderRegistry()
    provider = fake("acme")
    registry.register_provider(provider)
    assert registry.provider("acme") is provider
    assert registry.is_registered("acme")
    assert registry.list_providers() == ["acme"]
    assert repr(registry) == "<ProviderRegistry acme>"


def test_the_fake_conforms_to_the_protocols(registry) -> None:
    assert isinstance(registry.provider("acme"), Provider)
    assert isinstance(registry.create_chat_model("acme:large"), ChatModel)


def test_the_same_provider_may_be_registered_again(registry) -> None:
    before = registry.generation
    registry.register_provider(registry.provider("acme"))
    assert registry.generation == before


def test_another_provider_of_the_name_is_a_conflict_that_names_both_modules(fake, registry) -> None:
    first = registry.provider("acme")
    other = {"__name__": "a_plugin", "registry": registry, "provider": fake("acme")}
    with pytest.raises(ProviderConflictError) as caught:
        exec("registry.register_provider(provider)", other)
    assert str(caught.value) == (
        f"provider 'acme' is registered by {__name__} already, and a_plugin registers another; "
        "pass replace=True to replace it"
    )
    assert (caught.value.code, caught.value.op, caught.value.provider) == (
        ErrorCode.PROVIDER_CONFLICT,
        "register_provider",
        "acme",
    )
    assert registry.provider("acme") is first


def test_a_module_without_a_name_is_reported_as_unnamed(fake, registry) -> None:
    scope = {"registry": registry, "provider": fake("acme"), "__builtins__": {}}
    with pytest.raises(ProviderConflictError, match="an unnamed module registers another"):
        exec("registry.register_provider(provider)", scope)


def test_a_provider_is_replaced_when_asked_to(fake, registry) -> None:
    other = fake("acme")
    registry.register_provider(other, replace=True)
    assert registry.provider("acme") is other


@pytest.mark.parametrize("name", ["", "Acme", "a b", "a:b", "a/b", "-a", "a--b", "a.b"])
def test_a_malformed_name_is_refused(fake, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be the name of a provider"):
        ProviderRegistry().register_provider(fake(name))
    with pytest.raises(ConfigurationError, match="cannot be the name of a provider"):
        ProviderRegistry().register_lazy(name, "module")


def test_other_values_than_providers_are_refused_with_the_missing_methods(fake) -> None:
    class Half:
        metadata = "acme"

        def create_chat_model(self, model, options): ...

        list_models = None

    with pytest.raises(ConfigurationError) as caught:
        ProviderRegistry().register_provider(Half())
    assert str(caught.value).endswith(
        "Half is not a provider; it is missing metadata (a ProviderMetadata), model_info, "
        "check_health, list_models"
    )


def test_an_unregistered_provider_is_gone_until_it_is_registered_again(registry) -> None:
    provider = registry.provider("acme")
    model = registry.create_chat_model("acme:large")
    registry.unregister_provider("acme")
    assert not registry.is_registered("acme")
    assert registry.list_providers() == []
    with pytest.raises(ProviderNotFoundError, match="it was unregistered; register it again"):
        registry.resolve("acme:large")
    assert model.generate("Hello").text == "acme:large"
    registry.register_provider(provider)
    assert registry.provider("acme") is provider


def test_unregistering_an_unknown_provider_is_an_error(registry) -> None:
    with pytest.raises(ProviderNotFoundError, match="did you mean 'acme'"):
        registry.unregister_provider("acmee")


def test_changes_are_logged_with_facts(fake, caplog) -> None:
    caplog.set_level(logging.INFO, "chatmodels.registry")
    registry = ProviderRegistry()
    registry.register_provider(fake("acme"))
    registry.register_provider(fake("acme"), replace=True)
    registry.register_lazy("lazy", "some.module")
    registry.set_alias("default", "acme:large")
    registry.remove_alias("default")
    registry.unregister_provider("acme")
    assert [(record.getMessage(), record.op, record.provider) for record in caplog.records] == [
        (f"registered provider acme of {__name__}", "register_provider", "acme"),
        (f"replaced provider acme of {__name__}", "register_provider", "acme"),
        ("registered provider lazy of some.module", "register_lazy", "lazy"),
        ("alias default refers to acme:large", "set_alias", None),
        ("removed alias default", "remove_alias", None),
        ("unregistered provider acme", "unregister_provider", "acme"),
    ]


def test_a_program_without_logging_is_spared_it(fake, monkeypatch, caplog) -> None:
    caplog.set_level(logging.INFO, "chatmodels.registry")
    monkeypatch.delitem(sys.modules, "logging")
    ProviderRegistry().register_provider(fake("acme"))
    assert "logging" not in sys.modules
    assert caplog.records == []


# Finding.


@pytest.mark.parametrize(
    ("spec", "model"),
    [
        ("acme:large", "large"),
        ("acme:llama3.2:1b", "llama3.2:1b"),
        ("acme:openai/gpt-4o", "openai/gpt-4o"),
        ("acme: ", " "),
    ],
)
def test_a_spec_is_split_at_its_first_colon(registry, spec: str, model: str) -> None:
    assert registry.resolve(spec) == (registry.provider("acme"), model)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=st.text(min_size=1))
def test_any_model_name_reaches_the_provider_as_it_is(registry, model: str) -> None:
    assert registry.resolve(f"acme:{model}")[1] == model


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            "acne:large",
            "no provider named 'acne' (registered: acme); did you mean 'acme'?",
        ),
        (
            "ACME:large",
            "no provider named 'ACME' (registered: acme); did you mean 'acme'?",
        ),
        (
            "quux:large",
            "no provider named 'quux' (registered: acme); register it with register_provider(...)",
        ),
    ],
)
def test_an_unknown_provider_is_reported_with_the_nearest_name(registry, spec, words) -> None:
    with pytest.raises(ProviderNotFoundError) as caught:
        registry.resolve(spec)
    assert str(caught.value) == words
    assert (caught.value.code, caught.value.op) == (ErrorCode.PROVIDER_NOT_FOUND, "resolve")


def test_an_empty_registry_is_reported_as_such() -> None:
    with pytest.raises(ProviderNotFoundError, match=r"\(registered: none\)"):
        ProviderRegistry().provider("acme")


def test_a_spec_without_a_model_is_refused(registry) -> None:
    with pytest.raises(ConfigurationError, match="'acme:' has no model; write 'acme:<model>'"):
        registry.resolve("acme:")


@pytest.mark.parametrize("spec", [None, 7, b"acme:large"])
def test_a_spec_must_be_a_text(registry, spec) -> None:
    with pytest.raises(ConfigurationError, match="the spec of a model must be a str, as in"):
        registry.create_chat_model(spec)


def test_providers_are_found_by_capability(fake) -> None:
    registry = ProviderRegistry()
    registry.register_provider(fake("blind", capabilities=frozenset({Capability.TOOLS})))
    registry.register_provider(
        fake("seeing", capabilities=frozenset({Capability.TOOLS, Capability.VISION}))
    )
    assert registry.providers_with(Capability.TOOLS) == ["blind", "seeing"]
    assert registry.providers_with(Capability.TOOLS, Capability.VISION) == ["seeing"]
    assert registry.providers_with(Capability.SEED) == []
    assert registry.providers_with() == ["blind", "seeing"]


def test_providers_are_found_by_model(fake) -> None:
    registry = ProviderRegistry()
    registry.register_provider(fake("listing", models=(ModelInfo(name="m-1", provider="listing"),)))
    registry.register_provider(fake("prefixing", model_prefixes=("m-", "n-")))
    assert registry.providers_for_model("m-1") == ["listing", "prefixing"]
    assert registry.providers_for_model("n-1") == ["prefixing"]
    assert registry.providers_for_model("o-1") == []


# Creating.


def test_a_model_is_created_with_its_options(registry, monkeypatch) -> None:
    monkeypatch.setenv("CHATMODELS_MAX_RETRIES", "4")
    model = registry.create_chat_model("acme:large", api_key="sk-1", temperature=0.5)
    assert (model.provider, model.model) == ("acme", "large")
    assert model.options.api_key.reveal() == "sk-1"
    assert model.options.settings.temperature == 0.5
    assert model.options.max_retries == 4
    assert model.options.base_url == "https://acme.test"


def test_the_front_door_passes_every_option_on(registry) -> None:
    client, async_client = object(), object()
    model = front.create_chat_model(
        "acme:large",
        registry=registry,
        api_key="sk-1",
        base_url="http://x",
        headers={"X-Team": "red"},
        timeout=3,
        max_retries=1,
        proxy="http://proxy.test",
        http_client=client,
        async_http_client=async_client,
        on_unsupported="warn",
        seed=7,
    )
    options = model.options
    assert options.api_key.reveal() == "sk-1"
    assert (options.base_url, options.headers) == ("http://x", {"X-Team": "red"})
    assert (options.timeout.total, options.max_retries) == (3.0, 1)
    assert (options.proxy, options.on_unsupported) == ("http://proxy.test", "warn")
    assert options.http_client is client
    assert options.async_http_client is async_client
    assert options.settings.seed == 7


def test_the_options_of_a_provider_are_gathered_for_its_other_methods(registry) -> None:
    options = registry.provider_options("acme", api_key="sk-1")
    assert options.api_key.reveal() == "sk-1"
    assert registry.provider("acme").list_models(options) == ()
    assert registry.provider("acme").model_info("large").name == "large"


def test_an_error_of_the_options_has_its_place(fake) -> None:
    registry = ProviderRegistry()
    key = OptionSpec(name="api_key", description="", required=True, secret=True)
    registry.register_provider(fake("acme", options=(key,)))
    with pytest.raises(AuthenticationError) as caught:
        registry.create_chat_model("acme:large")
    error = caught.value
    assert (error.op, error.provider, error.model) == ("create_chat_model", "acme", "large")


def test_an_error_of_the_provider_has_its_place(fake) -> None:
    class Failing(fake):
        def create_chat_model(self, model, options, /):
            raise InvalidRequestError("no such region")

    registry = ProviderRegistry()
    registry.register_provider(Failing("acme"))
    with pytest.raises(InvalidRequestError, match="no such region") as caught:
        registry.create_chat_model("acme:large")
    assert caught.value.op == "create_chat_model"


def test_a_foreign_error_of_the_provider_does_not_escape(fake) -> None:
    class Failing(fake):
        def create_chat_model(self, model, options, /):
            raise KeyError("sk-1")

    registry = ProviderRegistry()
    registry.register_provider(Failing("acme"))
    with pytest.raises(InternalError) as caught:
        registry.create_chat_model("acme:large")
    assert str(caught.value) == (
        "acme failed to create the model 'large': KeyError; please report it to the maintainers of "
        "chatmodels-provider-acme"
    )
    assert isinstance(caught.value.__cause__, KeyError)


def test_hooks_see_every_created_model_until_they_are_removed(registry) -> None:
    seen = []

    def hook(model):
        seen.append(model.model)
        return ("hooked", model)

    remove = registry.add_model_hook(hook)
    remove_other = registry.add_model_hook(lambda model: (*model, "twice"))
    hooked = registry.create_chat_model("acme:one")
    assert (hooked[0], hooked[2]) == ("hooked", "twice")
    remove_other()
    remove()
    remove()
    assert registry.create_chat_model("acme:two").model == "two"
    assert seen == ["one"]


def test_a_hook_that_fails_is_logged_and_changes_nothing(registry, caplog) -> None:
    def failing(model):
        raise RuntimeError("broken")

    registry.add_model_hook(failing)
    assert registry.create_chat_model("acme:large").model == "large"
    (record,) = caplog.records
    assert (record.levelname, record.error_type) == ("WARNING", "RuntimeError")


# Config files.


def test_a_config_file_contains_options_and_aliases(registry, tmp_path) -> None:
    path = tmp_path / "chatmodels.toml"
    path.write_text('[providers.acme]\nmax_retries = 7\n[aliases]\na = "acme:large"\nb = "a"')
    registry.set_alias("a", "acme:small")
    registry.load_config(path)
    assert registry.aliases == {"a": "acme:large", "b": "a"}
    assert registry.create_chat_model("acme:large").options.max_retries == 7


def test_a_config_file_replaces_the_previous_one(registry, tmp_path) -> None:
    path = tmp_path / "chatmodels.toml"
    path.write_text('[aliases]\na = "acme:a"\nb = "acme:b"\nc = "acme:c"')
    registry.set_alias("own", "acme:own")
    registry.load_config(path)
    registry.set_alias("c", "acme:changed")
    path.write_text('[aliases]\na = "acme:other"')
    registry.load_config(path)
    assert registry.aliases == {"a": "acme:other", "own": "acme:own", "c": "acme:changed"}


def test_a_config_file_with_wrong_aliases_is_refused_as_a_whole(registry, tmp_path) -> None:
    path = tmp_path / "chatmodels.toml"
    path.write_text('[aliases]\na = "b"\nb = "a"\nc = "acme:"\nd = "nothing"\n"e:" = "acme:x"')
    with pytest.raises(ConfigurationError) as caught:
        registry.load_config(path)
    assert str(caught.value) == (
        f"{path}: 5 problems\n"
        "- aliases.a: alias 'a' refers to itself: a -> b -> a\n"
        "- aliases.b: alias 'b' refers to itself: b -> a -> b\n"
        "- aliases.c: alias 'c' refers to 'acme:', which is not 'provider:model'\n"
        "- aliases.d: alias 'd' refers to 'nothing', which is neither 'provider:model' nor an "
        "alias\n"
        "- aliases.\"e:\": 'e:' cannot be an alias, which is a word without a colon"
    )
    assert registry.aliases == {}


@pytest.fixture
def ambient(tmp_path, monkeypatch):
    path = tmp_path / "ambient.toml"
    path.write_text(
        '[providers.acme]\nmax_retries = 9\n[aliases]\ndefault = "acme:file"\nmine = "acme:file"'
    )
    monkeypatch.setenv("CHATMODELS_CONFIG", str(path))
    return path


def test_the_config_file_of_the_environment_sets_missing_aliases(fake, ambient, tmp_path) -> None:
    registry = ProviderRegistry(discover=True)
    registry.register_provider(fake("acme"))
    registry.set_alias("mine", "acme:own")
    assert registry.create_chat_model("default").model == "file"
    assert registry.aliases == {"default": "acme:file", "mine": "acme:own"}
    assert registry.create_chat_model("acme:large").options.max_retries == 9
    other = tmp_path / "other.toml"
    other.write_text('[aliases]\nmine = "acme:other"')
    registry.load_config(other)
    assert registry.aliases == {"mine": "acme:other"}
    assert registry.create_chat_model("acme:large").options.max_retries == 2


def test_an_isolated_registry_does_not_look_at_the_environment_for_a_file(
    registry, ambient
) -> None:
    with pytest.raises(ProviderNotFoundError, match="no alias named 'default'"):
        registry.create_chat_model("default")
    assert registry.create_chat_model("acme:large").options.max_retries == 2


def test_concurrent_threads_load_the_file_of_the_environment_once(fake, ambient) -> None:
    registry = ProviderRegistry(discover=True)
    registry.register_provider(fake("acme"))
    found = in_threads(8, lambda _: registry.create_chat_model("default").model)
    assert found == ["file"] * 8
    assert registry.generation == 2


def test_a_file_that_another_thread_loads_meanwhile_is_loaded_once(
    fake, ambient, monkeypatch
) -> None:
    registry = ProviderRegistry(discover=True)
    registry.register_provider(fake("acme"))
    apply, entered = registry._apply, []

    def applied(config, *, replace: bool):
        if not entered:
            entered.append(True)
            registry.create_chat_model("default")  # as another thread would
        return apply(config, replace=replace)

    monkeypatch.setattr(registry, "_apply", applied)
    assert registry.create_chat_model("default").model == "file"
    assert registry.generation == 2


# The functions of the global registry.


def test_the_functions_work_on_the_global_registry(global_registry, fake, tmp_path) -> None:
    provider = fake("zz-acme", capabilities=frozenset({Capability.SEED}), model_prefixes=("zz-",))
    front.register_provider(provider)
    with pytest.raises(ProviderConflictError, match=__name__):
        front.register_provider(fake("zz-acme"))
    assert front.provider("zz-acme") is provider
    assert "zz-acme" in front.list_providers()
    assert "zz-acme" in front.providers_with(Capability.SEED)
    assert front.providers_for_model("zz-large") == ["zz-acme"]
    front.set_alias("zz", "zz-acme:large")
    assert front.create_chat_model("zz").model == "large"
    assert front.create_chat_model("zz-acme:small").model == "small"
    path = tmp_path / "chatmodels.toml"
    path.write_text("[providers.zz-acme]\nmax_retries = 0")
    front.load_config(path)
    assert front.create_chat_model("zz").target.options.max_retries == 0
    front.unregister_provider("zz-acme")
    assert "zz-acme" not in front.list_providers()


def test_importing_and_registering_stays_light() -> None:
    program = """
import sys
before = set(sys.modules)  # what measures coverage imports a lot
from chatmodels.core._registry import front
from chatmodels.core._values.metadata import ProviderMetadata

class Provider:
    metadata = ProviderMetadata(name="acme", description="", distribution="")
    def create_chat_model(self, model, options): return model
    def model_info(self, model): ...
    def check_health(self, options): ...
    def list_models(self, options): ...

front.register_provider(Provider())
assert front.create_chat_model("acme:large", api_key="sk-1", base_url="http://x") == "large"
heavy = {"asyncio", "ssl", "httpx", "logging", "importlib.metadata", "tomllib", "urllib.parse",
         "concurrent.futures", "anyio"}
print(sorted(heavy & (set(sys.modules) - before)))
"""
    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (outcome.stdout, outcome.stderr) == ("[]\n", "")


# Many threads.


def in_threads(count: int, work) -> list:
    """Run work(0), work(1), ... at once, with threads switching as often as they can."""
    results: list = [None] * count
    start = threading.Barrier(count)

    def run(index: int) -> None:
        start.wait()
        try:
            results[index] = work(index)
        except BaseException as error:
            results[index] = error

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    return results


def test_threads_never_see_a_torn_state(fake) -> None:
    registry = ProviderRegistry()
    registry.register_provider(fake("steady"))
    registry.register_provider(fake("changing"))
    rounds = 40

    def register(index: int) -> int:
        for number in range(rounds):
            registry.register_provider(fake(f"p-{index}-{number}"))
            registry.set_alias(f"a-{index}", f"p-{index}-{number}:m")
            assert registry.target(f"a-{index}") == f"p-{index}-{number}:m"
            assert registry.resolve(f"a-{index}")[1] == "m"
        for number in range(rounds):
            registry.unregister_provider(f"p-{index}-{number}")
        return 0

    def replace(_: int) -> int:
        for _ in range(rounds):
            registry.register_provider(fake("changing"), replace=True)
        return 0

    def read(_: int) -> int:
        generations = []
        for _ in range(rounds * 3):
            generations.append(registry.generation)
            assert registry.resolve("steady:m")[0].metadata.name == "steady"
            assert registry.create_chat_model("changing:m").provider == "changing"
            state = registry._state
            assert state.providers.keys() == state.modules.keys()
            for name in registry.list_providers():
                assert name in ("steady", "changing") or name.startswith("p-")
        assert all(before <= after for before, after in pairwise(generations))
        return 0

    jobs = [register, register, register, register, replace, replace, read, read, read, read]
    assert in_threads(len(jobs), lambda index: jobs[index](index)) == [0] * len(jobs)
    assert registry.list_providers() == ["changing", "steady"]
    assert registry.generation == 2 + 4 * rounds * 3 + 2 * rounds


def test_of_many_threads_that_register_one_name_one_wins(fake) -> None:
    registry = ProviderRegistry()
    providers = [fake("acme") for _ in range(16)]
    outcomes = in_threads(16, lambda index: registry.register_provider(providers[index]))
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, ProviderConflictError)]
    assert len(conflicts) == 15
    assert registry.provider("acme") is providers[outcomes.index(None)]


def test_an_option_that_is_nested_too_deeply_is_refused_clearly(registry) -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(ConfigurationError, match="acme: an option is nested too deeply"):
        registry.create_chat_model("acme:large", timeout=deep)
