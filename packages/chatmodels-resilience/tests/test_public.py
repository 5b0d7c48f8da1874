"""The public names of the package."""

import pickle
import subprocess
import sys

import pytest

from chatmodels import resilience


@pytest.mark.parametrize("name", resilience.__all__)
def test_every_name_is_listed_and_imported_on_first_use(name: str) -> None:
    value = getattr(resilience, name)

    assert name in dir(resilience)
    if isinstance(value, type):
        assert value.__module__ == "chatmodels.resilience"
        assert pickle.loads(pickle.dumps(value)) is value


def test_classes_that_another_one_returns_are_public_with_it() -> None:
    code = """
import sys
from chatmodels.resilience import Route
print(sys.modules["chatmodels.resilience._route_member"].RouteMember.__module__)
"""

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "chatmodels.resilience"


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        resilience.Nothing  # noqa: B018 - it is what fails


def test_models_import_the_policies_that_they_use_only() -> None:
    code = "import sys, chatmodels.resilience; print(*sorted(sys.modules))"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "chatmodels.resilience._retry" in ran.stdout
    assert "chatmodels.resilience._fallback" not in ran.stdout
