"""The entry points that let a config file declare the policies."""

import gc
import inspect
from importlib.metadata import distribution
from pathlib import Path
from sqlite3 import Connection, ProgrammingError

import pytest

import chatmodels.resilience
from chatmodels.core.extending import ProviderRegistry
from chatmodels.providers.mock import MockProvider
from chatmodels.resilience import RouteMember, SqliteStore

GROUPS = ("chatmodels.policies", "chatmodels.models", "chatmodels.policy_parts")


def entry_points(group: str) -> dict[str, object]:
    found = distribution("chatmodels-resilience").entry_points
    return {each.name: each.load() for each in found if each.group == group}


def test_a_config_file_can_declare_every_public_class() -> None:
    public = (getattr(chatmodels.resilience, name) for name in chatmodels.resilience.__all__)
    classes = {
        each
        for each in public
        if inspect.isclass(each) and not getattr(each, "_is_protocol", False)
    }
    declared = [made for group in GROUPS for made in entry_points(group).values()]
    assert set(declared) == classes - {RouteMember}  # which a Route creates
    assert len(declared) == len(classes) - 1


def test_the_names_are_those_of_the_classes() -> None:
    for group in GROUPS:
        for name, made in entry_points(group).items():
            assert name.replace("_", "") == made.__name__.lower()


def test_a_store_is_closed_when_no_call_uses_its_policy(tmp_path: Path) -> None:
    file, path = tmp_path / "chatmodels.toml", (tmp_path / "cache.db").as_posix()
    store = f'{{ type = "sqlite_store", path = "{path}" }}'
    models = '[models.chat]\nmodel = "mock:echo"\npolicies = ['
    registry = ProviderRegistry()
    registry.register_provider(MockProvider())
    file.write_text(f'{models}{{ type = "cache", store = {store} }}]')
    registry.load_config(file)
    model = registry.create_chat_model("chat")
    model.generate("Hi")
    connection = connection_to(path)

    with model.stream("Hi") as stream:
        file.write_text(f"{models}]")
        assert registry.reload_config()
        stream.collect()
    connection.execute("SELECT 1")  # the model has the policy until it is called again
    del stream
    model.generate("Hi")
    gc.collect()

    with pytest.raises(ProgrammingError):
        connection.execute("SELECT 1")


def connection_to(path: str) -> Connection:
    stores = (each for each in gc.get_objects() if type(each) is SqliteStore)
    (store,) = [each for each in stores if each.path == path]
    (connection,) = store._connections.values()
    return connection
