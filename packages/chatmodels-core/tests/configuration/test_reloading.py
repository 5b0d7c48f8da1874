"""A config file that changes while models are used."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatmodels.core import AuthenticationError, ConfigurationError, ProviderNotFoundError
from chatmodels.core.extending import AliasedModel, OptionSpec

pytestmark = pytest.mark.usefixtures("policies")


def test_models_follow_a_change_of_their_options(registry, write) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"\nseed = 1'))
    model = registry.create_chat_model("a", top_k=5)
    write('[providers.acme]\nmax_retries = 9\n[models.a]\nmodel = "acme:x"\nseed = 2')
    assert registry.reload_config() is True
    options = model.target.options
    assert (options.settings.chosen(), options.max_retries) == ({"seed": 2, "top_k": 5}, 9)


def test_a_model_that_did_not_change_stays_the_same_object(registry, write) -> None:
    text = '[models.a]\nmodel = "acme:x"\nseed = 1\n'
    registry.load_config(write(text))
    model = registry.create_chat_model("a")
    target = model.target
    write(f'{text}[models.b]\nmodel = "acme:y"\n[providers.other]\nmax_retries = 1')
    assert registry.reload_config() is True
    assert model.target is target


def test_policies_that_did_not_change_keep_their_state(registry, write) -> None:
    text = """
        [models.a]
        model = "acme:x"
        policies = ["shared", "changed", {{ type = "count", limit = 7 }}, "calls-b"]
        seed = {seed}

        [models.b]
        model = "acme:{b}"

        [policies.shared]
        type = "count"
        limit = 5

        [policies.changed]
        type = "count"
        limit = {limit}

        [policies.calls-b]
        type = "other"
        models = ["b"]
        """
    registry.load_config(write(text.format(seed=1, b="y", limit=1)))
    model = registry.create_chat_model("a")
    model.generate("Hello")
    before = model.target._policies
    write(text.format(seed=2, b="y", limit=2))
    registry.reload_config()
    after = model.target._policies
    assert [old is new for old, new in zip(before, after, strict=True)] == [True, False, True, True]
    assert (after[0].calls, after[2].calls) == (1, 1)
    write(text.format(seed=2, b="z", limit=2))
    registry.reload_config()
    last = model.target._policies
    assert [old is new for old, new in zip(after, last, strict=True)] == [True, True, True, False]
    assert last[3].models[0].model == "z"


def test_a_policy_of_a_name_is_shared_by_its_models(registry, write) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"\npolicies = ["count"]'))
    first, second = registry.create_chat_model("a"), registry.create_chat_model("a", seed=1)
    first.generate("Hello")
    second.generate("Hello")
    assert second.target._policies[0].calls == 2


def test_a_wrong_file_changes_nothing(registry, write) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"'))
    model = registry.create_chat_model("a")
    write('[models.a]\nmodel = "other:x"\nsede = 1')
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="did you mean 'seed'"):
            registry.reload_config()
    assert model.generate("Hello").text == "acme:x"


@pytest.fixture
def keyed(registry, fake, monkeypatch):
    """The registry with a provider that requires a key."""
    key = OptionSpec(name="api_key", description="", env=("ZZ",), required=True, secret=True)
    monkeypatch.delenv("ZZ", raising=False)
    registry.register_provider(fake("keyed", options=(key,)))
    return registry


def test_a_file_is_refused_if_a_model_could_not_follow_it(keyed, write) -> None:
    keyed.load_config(write('[models.a]\nmodel = "acme:x"\n[aliases]\nb = "acme:y"\nc = "acme:z"'))
    a = keyed.create_chat_model("a")
    b = keyed.create_chat_model("b", api_key="sk-very-secret")
    c = keyed.create_chat_model("c")
    keyed.set_alias("c", "keyed:x")  # it cannot be called now either
    write('[models.a]\nmodel = "keyed:x"\n[aliases]\nb = "keyed:y"')
    with pytest.raises(ConfigurationError) as caught:
        keyed.reload_config()
    reason = "a model that was created by this name could not follow: "
    assert {each["key"]: each["problem"] for each in caught.value.details["problems"]} == {
        "models.a": f"{reason}keyed has no API key; set ZZ or pass api_key=...",
        "aliases.b": f"{reason}alias 'b' now refers to 'keyed:y', and this model was created with "
        "credentials for acme; create it without them, so that each provider's own are taken from "
        "the environment",
    }
    assert "very-secret" not in str(caught.value)
    assert [a.generate("Hello").text, b.generate("Hello").text] == ["acme:x", "acme:y"]
    with pytest.raises(AuthenticationError, match="keyed has no API key"):
        c.generate("Hello")


def test_a_model_follows_to_a_provider_whose_key_is_set(keyed, write, monkeypatch) -> None:
    keyed.load_config(write('[models.a]\nmodel = "acme:x"'))
    model = keyed.create_chat_model("a")
    monkeypatch.setenv("ZZ", "sk")
    write('[models.a]\nmodel = "keyed:x"')
    assert keyed.reload_config() is True
    assert model.generate("Hello").text == "keyed:x"


def test_a_removed_name_with_a_model_is_refused(registry, write) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"'))
    model = registry.create_chat_model("a")
    write("")
    with pytest.raises(ConfigurationError, match=r"aliases\.a: .* no alias named 'a'"):
        registry.reload_config()
    assert model.generate("Hello").text == "acme:x"


def test_a_name_without_models_can_be_removed(registry, write) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"'))
    registry.create_chat_model("a")
    write("")
    assert registry.reload_config() is True
    assert registry.aliases == {}


def test_another_file_can_be_loaded_in_any_case(registry, write, tmp_path) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"'))
    model = registry.create_chat_model("a")
    other = tmp_path / "other.toml"
    other.write_text("")
    registry.load_config(other)
    with pytest.raises(ProviderNotFoundError, match="no alias named 'a'"):
        model.generate("Hello")


def test_open_streams_finish_with_the_previous_file(registry, write) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"\npolicies = ["count"]'))
    model = registry.create_chat_model("a")
    with model.stream("Hello") as stream:
        next(iter(stream))
        write('[models.a]\nmodel = "other:y"')
        registry.reload_config()
        assert model.generate("Hello").text == "other:y"
        for _ in stream:
            pass
    assert stream.response.text == "acme:x"


def texts(number: int) -> tuple[str, str]:
    """A file and the response of its model; each is consistent in itself."""
    provider = "acme" if number % 2 else "other"
    text = f"""
        [models.a]
        model = "{provider}:{number}"
        policies = ["shared", {{ type = "count", limit = {number + 1} }}]

        [policies.shared]
        type = "count"
        """
    return text, f"{provider}:{number}"


def test_no_call_of_a_thread_fails_while_the_file_changes(registry, write) -> None:
    registry.load_config(write(texts(0)[0]))
    model = registry.create_chat_model("a")
    shared = model.target._policies[0]
    done = threading.Event()

    def call() -> list[str]:
        found: list[str] = []
        while not done.is_set():
            found.append(model.generate("Hello").text)
            with model.stream("Hello") as stream:
                found.append(stream.collect().text)
            found.append(registry.create_chat_model("a").generate("Hello").text)
        return found

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(call) for _ in range(4)]
        for number in range(1, 60):
            text, expected = texts(number)
            write(text)
            assert registry.reload_config() is True
            assert model.generate("Hello").text == expected
        done.set()
        found = [text for each in calls for text in each.result()]
    assert set(found) <= {texts(number)[1] for number in range(60)}
    assert model.target._policies[0] is shared


async def test_no_call_of_a_task_fails_while_the_file_changes(registry, write) -> None:
    registry.load_config(write(texts(0)[0]))
    model = registry.create_chat_model("a")
    done = asyncio.Event()

    async def call() -> list[str]:
        found: list[str] = []
        while not done.is_set():
            found.append((await model.agenerate("Hello")).text)
            async with model.astream("Hello") as stream:
                await asyncio.sleep(0)
                found.append((await stream.collect()).text)
        return found

    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(call()) for _ in range(8)]
        for number in range(1, 40):
            text, expected = texts(number)
            write(text)
            await asyncio.to_thread(registry.reload_config)
            assert (await model.agenerate("Hello")).text == expected
        done.set()
    found = {text for each in calls for text in each.result()}
    assert found <= {texts(number)[1] for number in range(40)}


def test_files_that_are_loaded_at_once_leave_one_of_them(registry, tmp_path) -> None:
    paths = []
    for number in range(8):
        path = tmp_path / f"{number}.toml"
        path.write_text(texts(number)[0])
        paths.append(path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(registry.load_config, paths))
    model = registry.create_chat_model("a")
    assert model.generate("Hello").text in {texts(number)[1] for number in range(8)}


def test_models_without_references_are_not_kept(registry, write) -> None:
    registry.load_config(write('[models.a]\nmodel = "acme:x"'))
    for _ in range(10):
        registry.create_chat_model("a").with_policies()
    assert not registry._followers()
    model = registry.create_chat_model("a")
    assert registry._followers() == [model]
    assert isinstance(model, AliasedModel)
