"""The pytest plugin: fixtures for programs and providers that use chatmodels.

pytest imports this module in every run, so everything else is imported when a fixture is used.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

# so that a failed check shows the compared values
pytest.register_assert_rewrite("chatmodels.testing.contract")

if TYPE_CHECKING:
    from chatmodels.core import ChatModel
    from chatmodels.testing._recorder.recorder import Recorder, RecordMode
    from chatmodels.testing._recorder.scrubbing import Scrubber
    from chatmodels.testing._simulator import Simulator

_RECORDER: "pytest.StashKey[Recorder]" = pytest.StashKey()

_MODES = ("none", "once", "new", "all")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the recorder."""
    parser.getgroup("chatmodels").addoption(
        "--record",
        choices=_MODES,
        help="for tests with the marker or the fixture of recorded exchanges: replay only (none), "
        "record tests that have no exchanges (once), record requests that have none (new), or "
        "record everything again (all)",
    )
    parser.addini("chatmodels_record", "the default of --record", default="none")
    parser.addini(
        "chatmodels_recordings",
        "the folder of recorded exchanges beside each test module",
        default="recordings",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "recorded(folder, *, mode, ignore, noise, repeat, speed): replay the recorded exchanges of "
        "chatmodels, or record them with --record; see chatmodels.testing.Recorder",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let marked tests use the recorder, before fixtures that call models."""
    if isinstance(item, pytest.Function) and item.get_closest_marker("recorded") is not None:
        item.fixturenames = [
            "recorder",
            *(name for name in item.fixturenames if name != "recorder"),
        ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Report missing exchanges, also if the program has handled the error."""
    result = yield
    recorder = item.stash.get(_RECORDER, None)
    if recorder is not None:
        recorder.check()
    return result


@pytest.fixture
def simulator() -> "Iterator[Simulator]":
    """A simulated provider on loopback, new for each test; it starts within a millisecond."""
    from chatmodels.testing._simulator import Simulator

    with Simulator() as server:
        yield server


@pytest.fixture
def mock_model() -> "ChatModel":
    """An in-process chat model; requires `chatmodels-provider-mock`.

    It is a `chatmodels.providers.mock.MockChatModel` that returns queued replies
    (`mock_model.queue("Yes.")`), and the prompt if there are none.
    """
    pytest.importorskip(
        "chatmodels.providers.mock", reason="needs: pip install chatmodels-provider-mock"
    )
    from chatmodels.core import create_chat_model

    return create_chat_model("mock:echo")


@pytest.fixture
def scrubber() -> "Scrubber":
    """The `Scrubber` of recorded exchanges; override it to mask more."""
    from chatmodels.testing._recorder.scrubbing import Scrubber

    return Scrubber()


@pytest.fixture
def recorder(request: pytest.FixtureRequest, scrubber: "Scrubber") -> "Iterator[Recorder]":
    """A `Recorder` for all requests of the test; tests with the marker `recorded` have it, too.

    The exchanges are in a folder of the test, beside its module: `recordings/<module>/<test>`.
    """
    from chatmodels.testing._plugin import recorder_of

    with recorder_of(request, _mode(request), scrubber) as found:
        request.node.stash[_RECORDER] = found
        yield found


@pytest.fixture
def block_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise an error for each connection except to loopback, unless exchanges are recorded."""
    if _mode(request) == "none":
        from chatmodels.testing import _network

        _network.block_network(monkeypatch.setattr)


def _mode(request: pytest.FixtureRequest) -> "RecordMode":
    """Return the mode: that of the command line, of the marker, or of the configuration."""
    marker = request.node.get_closest_marker("recorded")
    marked: RecordMode | None = None if marker is None else marker.kwargs.get("mode")
    config = request.config
    mode: RecordMode = config.getoption("--record") or marked or config.getini("chatmodels_record")
    return mode
