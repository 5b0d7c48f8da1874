"""The entry points that let a config file declare the policies."""

import inspect
from importlib.metadata import distribution

import chatmodels.resilience
from chatmodels.resilience import RouteMember

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
