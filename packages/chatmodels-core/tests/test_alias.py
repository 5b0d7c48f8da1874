import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatmodels.core import (
    AuthenticationError,
    ChatModel,
    ConfigurationError,
    ProviderNotFoundError,
)
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core._values.metadata import OptionSpec
from chatmodels.core._values.secret import Secret
from chatmodels.core.extending import Send


@pytest.fixture
def registry(fake) -> ProviderRegistry:
    made = ProviderRegistry()
    made.register_provider(fake("acme", model_prefixes=("gpt-",)))
    made.register_provider(fake("other"))
    made.set_alias("default", "acme:large")
    return made


def test_a_model_follows_its_alias(registry) -> None:
    model = registry.create_chat_model("default")
    assert isinstance(model, ChatModel)
    assert (model.provider, model.model, model.generate("Hello").text) == (
        "acme",
        "large",
        "acme:large",
    )
    assert repr(model) == "<AliasedModel default -> acme:large>"
    registry.set_alias("default", "other:small")
    assert (model.provider, model.model, model.generate("Hello").text) == (
        "other",
        "small",
        "other:small",
    )


def test_an_alias_can_refer_to_an_alias(registry) -> None:
    registry.set_alias("fast", "default")
    model = registry.create_chat_model("fast")
    assert registry.resolve("fast") == (registry.provider("acme"), "large")
    registry.set_alias("default", "other:small")
    assert model.generate("Hello").text == "other:small"


async def test_every_call_is_passed_on(registry) -> None:
    model = registry.create_chat_model("default")
    assert (await model.agenerate("Hello")).text == "acme:large"
    with model.stream("Hello") as stream:
        assert [event.text for event in stream if event.type == "text_delta"] == ["acme:large"]
    async with model.astream("Hello") as stream:
        assert [e.text async for e in stream if e.type == "text_delta"] == ["acme:large"]
    assert [r.text for r in model.batch(["a", "b"])] == ["acme:large"] * 2
    assert [r.text for r in await model.abatch(["a", "b"])] == ["acme:large"] * 2
    assert model.model_info().name == "large"
    assert model.check_health().provider == "acme"
    assert (await model.acheck_health()).provider == "acme"
    with pytest.raises(Exception, match="HTTP"):
        model.explain("Hello")
    model.close()
    await model.aclose()
    assert model.target.closed == 2


def test_a_target_is_kept_while_other_things_change(registry, fake) -> None:
    model = registry.create_chat_model("default")
    target = model.target
    registry.register_provider(fake("third"))
    registry.set_alias("unrelated", "other:small")
    assert model.target is target
    registry.register_provider(fake("acme"), replace=True)
    assert model.target is not target


def test_a_running_stream_finishes_where_it_began(registry) -> None:
    model = registry.create_chat_model("default")
    with model.stream("Hello") as stream:
        registry.set_alias("default", "other:small")
        assert model.generate("Hello").text == "other:small"
        for _ in stream:
            pass
    assert stream.response.text == "acme:large"


def test_options_apply_to_each_target(registry) -> None:
    model = registry.create_chat_model("default", temperature=0.5, max_retries=1)
    assert model.target.options.settings.temperature == 0.5
    registry.set_alias("default", "other:small")
    assert model.target.options.settings.temperature == 0.5
    assert model.target.options.max_retries == 1


def test_an_option_that_the_new_target_does_not_have_is_reported_by_the_call(fake) -> None:
    registry = ProviderRegistry()
    region = OptionSpec(name="region", description="")
    registry.register_provider(fake("acme", options=(region,)))
    registry.register_provider(fake("other"))
    registry.set_alias("default", "acme:large")
    model = registry.create_chat_model("default", region="eu")
    registry.set_alias("default", "other:small")
    with pytest.raises(ConfigurationError, match="other: there is no option 'region'"):
        model.generate("Hello")
    registry.set_alias("default", "acme:small")
    assert model.generate("Hello").text == "acme:small"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"api_key": "sk-1"}, id="key"),
        pytest.param({"headers": {"Authorization": "sk-1"}}, id="header"),
    ],
)
def test_credentials_of_one_provider_are_never_sent_to_another(registry, options) -> None:
    model = registry.create_chat_model("default", **options)
    registry.set_alias("default", "other:small")
    with pytest.raises(ConfigurationError, match="created with credentials for acme") as caught:
        model.generate("Hello")
    assert "sk-1" not in str(caught.value)
    registry.set_alias("default", "acme:small")
    assert model.generate("Hello").text == "acme:small"


def test_credentials_with_a_base_url_are_sent_for_every_provider(registry) -> None:
    model = registry.create_chat_model("default", api_key="sk-1", base_url="http://gateway.test")
    registry.set_alias("default", "other:small")
    assert model.target.options.api_key == Secret("sk-1")


def test_hooks_see_the_targets_of_an_alias(registry) -> None:
    seen = []

    def hook(model):
        seen.append(f"{model.provider}:{model.model}")
        return model

    registry.add_model_hook(hook)
    model = registry.create_chat_model("default")
    registry.set_alias("default", "other:small")
    model.generate("Hello")
    assert seen == ["acme:large", "other:small"]


@pytest.mark.parametrize(
    ("name", "spec", "words"),
    [
        ("default", "default", "alias 'default' refers to itself: default -> default"),
        ("a", "b", "'b', which is neither 'provider:model' nor an alias"),
        ("a", ":x", "':x', which is not 'provider:model'"),
        ("a", "acme:", "'acme:', which is not 'provider:model'"),
        ("a:b", "acme:x", "'a:b' cannot be an alias"),
        (" a", "acme:x", "' a' cannot be an alias"),
        ("", "acme:x", "'' cannot be an alias"),
        ("a", None, "an alias and its target are str, not None"),
        (7, "acme:x", "an alias and its target are str, not 7"),
    ],
)
def test_a_wrong_alias_is_refused(registry, name, spec, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.set_alias(name, spec)
    assert words in str(caught.value)
    assert registry.aliases == {"default": "acme:large"}


def test_a_circle_of_aliases_is_refused(registry) -> None:
    registry.set_alias("a", "default")
    registry.set_alias("b", "a")
    with pytest.raises(ConfigurationError, match="default -> b -> a -> default"):
        registry.set_alias("default", "b")
    assert registry.target("b") == "acme:large"


def test_an_alias_is_gone_when_it_is_removed(registry) -> None:
    model = registry.create_chat_model("default")
    registry.set_alias("fast", "default")
    registry.remove_alias("default")
    registry.remove_alias("default")
    for call in (
        lambda: registry.resolve("default"),
        lambda: registry.resolve("fast"),
        lambda: model.generate("Hello"),
    ):
        with pytest.raises(ProviderNotFoundError, match="no alias named 'default'"):
            call()
    model.close()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("acme", "name a model as well, as in 'acme:<model>'"),
        ("other/small", "did you mean 'other:small'?"),
        ("defualt", "did you mean 'default'?"),
        ("gpt-4o", "did you mean 'acme:gpt-4o'?"),
        (
            "quux/",
            "write 'provider:model', as in 'openai:gpt-6.1-terra', or call set_alias(...) first",
        ),
    ],
)
def test_an_unknown_alias_is_refused_with_a_suggestion(registry, spec, words) -> None:
    with pytest.raises(ProviderNotFoundError) as caught:
        registry.create_chat_model(spec)
    assert str(caught.value) == f"no alias named {spec!r} (aliases: default); {words}"


def test_an_alias_switches_while_threads_call(registry) -> None:
    model = registry.create_chat_model("default")
    done = threading.Event()

    def call() -> set[str]:
        texts: set[str] = set()
        while not done.is_set():
            texts.add(model.generate("Hello").text)
        return texts

    targets = [f"{'acme' if number % 2 else 'other'}:{number}" for number in range(100)]
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call) for _ in range(4)]
        for target in targets:
            registry.set_alias("default", target)
            assert model.generate("Hello").text == target
        done.set()
    for each in calls:
        assert each.result() <= {"acme:large", *targets}


def test_a_copy_follows_the_alias_too(registry) -> None:
    client = object()
    model = registry.create_chat_model("default", http_client=client)
    copied = copy.deepcopy(model)
    assert copied is not model
    registry.set_alias("default", "other:small")
    assert copied.generate("Hello").text == "other:small"
    assert copied.target.options.http_client is client


@pytest.fixture
def aliased(global_registry, fake):
    key = OptionSpec(name="api_key", description="", env=("ZZ_KEY",), secret=True)
    global_registry.register_provider(fake("zz-acme", options=(key,)))
    global_registry.set_alias("zz", "zz-acme:large")
    return global_registry


def test_a_model_of_an_alias_pickles_without_its_key(aliased) -> None:
    pickled = pickle.dumps(aliased.create_chat_model("zz", api_key="sk-very-secret", seed=7))
    assert b"very-secret" not in pickled
    model = pickle.loads(pickled)
    assert model.target.options.settings.seed == 7
    with pytest.raises(AuthenticationError, match="pickles do not contain secrets"):
        model.target.options.api_key.reveal()
    aliased.set_alias("zz", "zz-acme:small")
    assert model.generate("Hello").text == "zz-acme:small"


def test_pickles_do_not_contain_secrets_of_a_provider(aliased, fake) -> None:
    secret = OptionSpec(name="secret_key", description="", secret=True)
    aliased.register_provider(fake("zz-cloud", options=(secret,)))
    aliased.set_alias("zz", "zz-cloud:large")
    model = aliased.create_chat_model("zz", secret_key="very-secret")
    assert b"very-secret" not in pickle.dumps(model)
    aliased.set_alias("zz", "zz-acme:large")
    with pytest.raises(ConfigurationError, match="created with credentials for zz-cloud"):
        model.generate("Hello")


def test_a_key_from_a_function_is_not_pickled_either(aliased) -> None:
    model = pickle.loads(pickle.dumps(aliased.create_chat_model("zz", api_key=lambda: "sk-1")))
    with pytest.raises(AuthenticationError, match="pickles do not contain secrets"):
        model.target.options.api_key.reveal()


@pytest.mark.parametrize("key", [pytest.param("", id="empty"), pytest.param(7, id="number")])
def test_an_invalid_key_is_refused_as_without_an_alias(aliased, key) -> None:
    with pytest.raises(ConfigurationError, match="zz-acme: api_key must"):
        aliased.create_chat_model("zz", api_key=key)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"headers": {"X-Token": "t"}}, id="header"),
        pytest.param({"proxy": "http://a:b@proxy.test"}, id="proxy"),
        pytest.param({"async_http_client": object()}, id="client"),
    ],
)
def test_options_that_need_their_secrets_do_not_pickle(aliased, options) -> None:
    with pytest.raises(ConfigurationError, match="the model cannot be pickled"):
        pickle.dumps(aliased.create_chat_model("zz", **options))


def test_a_model_of_an_alias_in_an_isolated_registry_does_not_pickle(registry) -> None:
    with pytest.raises(ConfigurationError, match="only the global registry"):
        pickle.dumps(registry.create_chat_model("default"))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy], ids=["shallow", "deep"])
def test_a_copy_made_later_sends_no_credentials_elsewhere_either(registry, duplicate) -> None:
    model = registry.create_chat_model("default", api_key="sk-acme")
    registry.set_alias("default", "other:small")

    with pytest.raises(ConfigurationError, match="created with credentials for acme"):
        duplicate(model).generate("Hello")


def test_policies_and_observers_go_along_to_each_target(registry) -> None:
    seen = []

    class Watching:
        def start(self, call):
            seen.append(f"{call.provider} is asked")

        def first_event(self, token):
            raise AssertionError("a whole call has no events")

        def end(self, token, response, error):
            seen.append(f"end with {response.text}")

    def outer(call, request):
        seen.append("outer")
        return (yield Send(request))

    def inner(call, request):
        seen.append("inner")
        return (yield Send(request))

    plain = registry.create_chat_model("default")
    model = plain.with_policies(inner).with_observers(Watching()).with_policies(outer)
    model.generate("Hello")
    registry.set_alias("default", "other:small")
    copy.deepcopy(model).generate("Hello")
    plain.generate("Hello")

    assert seen == [
        *("acme is asked", "outer", "inner", "end with acme:large"),
        *("other is asked", "outer", "inner", "end with other:small"),
    ]
