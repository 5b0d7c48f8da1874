"""A project of a user, with a strict configuration of its own, uses every part of the plugin."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from chatmodels.testing import Simulator

CONFIG = """
[pytest]
addopts = --strict-markers --strict-config -ra {addopts}
filterwarnings = error
xfail_strict = true
{mode}
"""

PROGRAM = """
    import os
    from chatmodels.core import create_chat_model

    model = create_chat_model(  # exists before any fixture
        "openai:gpt-6.1-terra", api_key="sk-project-0123456789abcdef", max_retries=0,
        base_url=os.environ.get("PROJECT_URL", "https://models.example/v1"),
    )
"""

CONFTEST = """
    import pytest
    from chatmodels.testing import Scrubber

    @pytest.fixture
    def scrubber():
        return Scrubber(patterns=["Jane"])

    @pytest.fixture
    def asked(recorder):
        from program import model

        return model.generate("Asked by a fixture.").text
"""

TESTS = """
    import pytest
    from chatmodels.core import ChatModelError, create_chat_model
    from chatmodels.testing import MissingExchangeError, NetworkBlockedError
    from program import model

    pytestmark = pytest.mark.usefixtures("block_network")


    @pytest.mark.recorded
    def test_whole():
        assert model.generate("Hello, Jane").text.startswith("You said: Hello, ")


    @pytest.mark.recorded("shared/stream")
    def test_streamed():
        with model.stream("Hello") as stream:
            assert "".join(stream.texts()) == "You said: Hello"


    @pytest.mark.recorded(noise=[r"\\d{4}"], ignore=["body.instructions"], repeat=True)
    @pytest.mark.parametrize("year", [2026, "two words / and more"])
    def test_noise(year):
        for year in (2026, 2027):
            assert model.generate(f"Since {year}").text.startswith("You said: Since")


    class TestOfAClass:
        def test_fixture(self, asked):
            assert asked == "You said: Asked by a fixture."


    {marker}
    @pytest.mark.recorded
    async def test_async():
        response = await model.agenerate("Hello")
        async with model.astream("Hello again") as stream:
            assert (await stream.collect()).text == "You said: Hello again"
        assert response.text == "You said: Hello"


    def test_simulator(simulator):
        other = create_chat_model(
            "anthropic:claude-sonnet-4-6", api_key="any", base_url=simulator.base_url
        )
        simulator.queue("Yes.")
        assert other.generate("Hello").text == "Yes."


    def test_mock(mock_model):
        mock_model.queue("Yes.")
        assert mock_model.generate("Hello").text == "Yes."
        assert mock_model.generate("Hello").text == "Hello"
        with pytest.raises(AttributeError):
            mock_model.respones = ["No."]


    @pytest.mark.skipif("config.getoption('--record') is not None")
    def test_blocked():
        with pytest.raises(NetworkBlockedError, match="models.example"):
            model.generate("Hello")


    @pytest.mark.skipif("config.getoption('--record') is not None")
    @pytest.mark.recorded
    def test_missing(recorder):
        with pytest.raises(MissingExchangeError, match="record it with --record=once"):
            model.generate("Hello")
        recorder.missing.clear()
"""

ANYIO = "@pytest.mark.anyio"
ASYNCIO = "@pytest.mark.asyncio"

BACKENDS = """
    @pytest.fixture(params=["asyncio", ("trio", {{"strict_exception_groups": True}})])
    def anyio_backend(request):
        return request.param
"""


def project(
    folder: Path, *, marker: str = ANYIO, mode: str = "", addopts: str = "-pno:asyncio"
) -> Path:
    (folder / "pytest.ini").write_text(CONFIG.format(mode=mode, addopts=addopts))
    (folder / "program.py").write_text(dedent(PROGRAM))
    conftest = dedent(CONFTEST)
    if "anyio_mode" in mode or marker == ANYIO:
        conftest += dedent(BACKENDS.format())
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_program.py").write_text(dedent(TESTS).replace("{marker}", marker))
    return folder


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


SCOPE = "asyncio_default_fixture_loop_scope = function"

MODES = {
    "asyncio": (ASYNCIO, f"asyncio_mode = strict\n{SCOPE}"),
    "asyncio auto": ("", f"asyncio_mode = auto\n{SCOPE}"),
    "anyio": (ANYIO, ""),
    "anyio auto": ("", "anyio_mode = auto"),
}


@pytest.mark.parametrize("name", MODES)
def test_a_strict_project_records_and_replays_its_tests(name: str, tmp_path: Path) -> None:
    marker, mode = MODES[name]
    plugin = "-pno:anyio" if name.startswith("asyncio") else "-pno:asyncio"
    folder = project(tmp_path, marker=marker, mode=mode, addopts=f"{plugin} -p no:cacheprovider")

    with Simulator() as simulator:
        recorded = run(folder, "--record=once", "-n0", PROJECT_URL=simulator.base_url)
    replayed = run(folder, "-n0" if name.endswith("auto") else "-n2")

    for result in (recorded, replayed):
        assert result.returncode == 0, result.stdout + result.stderr
    folders = {path.name for path in (folder / "recordings" / "test_program").iterdir()}
    assert folders >= {"test_whole", "test_noise[2026]", "TestOfAClass.test_fixture", "test_async"}
    assert any(re.fullmatch(r"test_noise\[two_words___and_more\]-\w{8}", each) for each in folders)
    assert (folder / "shared" / "stream" / "001.sse").is_file()
    text = "".join(path.read_text() for path in folder.rglob("*/0*"))
    assert "sk-project" not in text
    assert "Jane" not in text


def test_a_request_without_an_exchange_fails_the_test_even_if_its_error_is_handled(
    tmp_path: Path,
) -> None:
    folder = project(tmp_path)
    (folder / "test_program.py").write_text(
        dedent("""
            import pytest
            from chatmodels.core import ChatModelError
            from program import model

            @pytest.mark.recorded
            def test_handled():
                try:
                    model.generate("Hello")
                except ChatModelError:
                    pass
        """)
    )
    result = run(folder, "-n0")

    assert result.returncode == 1
    assert "MissingExchangeError: no exchange is recorded in" in result.stdout


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ('recorded("a", "b")', "it has 2 folders, and not one"),
        ('recorded(mode="some")', "mode must be one of none, once, new, all"),
        ("recorded(sped=1)", "unexpected keyword argument 'sped'"),
        ('recorded(noise=["("])', "unterminated subpattern"),
    ],
)
def test_an_invalid_marker_is_reported_with_the_test(
    marker: str, reason: str, tmp_path: Path
) -> None:
    folder = project(tmp_path)
    test = f"import pytest\n@pytest.mark.{marker}\ndef test_it():\n    pass\n"
    (folder / "test_program.py").write_text(test)

    result = run(folder, "-n0")

    assert result.returncode == 1
    assert "test_program.py::test_it: @pytest.mark.recorded: " in result.stdout
    assert reason in result.stdout


def test_the_mode_and_the_folder_can_be_configured(tmp_path: Path) -> None:
    folder = project(tmp_path, mode="chatmodels_record = once\nchatmodels_recordings = kept/here")
    (folder / "conftest.py").unlink()  # the scrubber is that of the plugin
    test = "import pytest\nfrom program import model\n@pytest.mark.recorded\ndef test_it():\n"
    (folder / "test_program.py").write_text(f"{test}    assert model.generate('Hello').text\n")

    with Simulator() as simulator:
        assert run(folder, "-n0", PROJECT_URL=simulator.base_url).returncode == 0
    assert run(folder, "-n0").returncode == 0

    (exchange,) = (folder / "kept" / "here" / "test_program" / "test_it").iterdir()
    assert json.loads(exchange.read_text())["provider"] == "openai"


def test_the_recorder_names_the_package_that_it_requires() -> None:
    script = (
        "import sys; sys.modules['chatmodels.http'] = None\n"
        "import chatmodels.testing\n"
        "try:\n"
        "    chatmodels.testing.Recorder\n"
        "except ModuleNotFoundError as error:\n"
        "    print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ran.stdout == (
        "the recorder requires chatmodels-http; try: pip install 'chatmodels-testing[record]'\n"
    )
