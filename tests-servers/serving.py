"""Starts one of the servers, and describes it for the tests."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from chatmodels.core import ChatModel, create_chat_model
from chatmodels.testing import Simulator
from installing import Environment
from processes import Process, free_port

PROGRAMS = Path(__file__).parent / "programs"

Ability = Literal[
    "calls",  # the model calls a tool after examples of calls
    "context_window",  # the list of models has it
    "counts",  # the server counts tokens
    "forces",  # a required or named tool is called
    "keys",  # the server requires a key
    "limits",  # a limit of tokens ends a response
    "logprobs",
    "models",  # an unknown model is an error
    "overflow",  # a prompt that is too long is an error
    "reasoning",
    "recalls",  # the model reads the reasoning of earlier turns
    "schemas",  # a schema is enforced
    "stops",  # a stop sequence ends a response before it
    "usage",  # streams report it
]


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that runs.

    Attributes:
        provider: The provider that calls it.
        name: The name of the model.
        base_url: The address.
        abilities: The abilities that the tests expect of it.
        process: The process.
        start: Starts another one.
        reasoning: The options of a call whose response begins with reasoning.
        plain: The options of a model that does not reason.
    """

    provider: str
    name: str
    base_url: str
    abilities: frozenset[Ability]
    process: Process
    start: "Callable[[], Served]"
    reasoning: dict[str, Any]
    plain: dict[str, Any]

    @property
    def options(self) -> dict[str, Any]:
        """The options of the provider."""
        return {"base_url": self.base_url, "api_key": "secret"}

    def model(self, name: str | None = None, **options: Any) -> ChatModel:
        """Create a model that makes no second attempt, so that no failure stays unseen."""
        given = {"max_retries": 0, "temperature": 0, **self.options, **options}
        return create_chat_model(f"{self.provider}:{name or self.name}", **given)


def llamacpp(slots: int = 2) -> Served:
    """Start llama.cpp's own server."""
    environment, port = Environment("llamacpp"), free_port()
    program = str(PROGRAMS / "llamacpp.py")
    process = Process([str(environment.python), program, str(port), str(slots)])
    written = 'root ::= "<think>\\nTwo and two.\\n</think>\\n\\nFour."'
    served = Served(
        provider="llamacpp",
        name="smollm2",
        base_url=f"http://127.0.0.1:{port}/v1",
        abilities=frozenset(
            {"calls", "context_window", "counts", "keys", "limits", "logprobs", "overflow"}
            | {"reasoning", "recalls", "schemas", "stops", "usage"}
        ),
        process=process,
        start=llamacpp,
        reasoning={"provider_options": {"grammar": written}},
        plain={"reasoning_effort": "none"},
    )
    process.wait_until_ready("llamacpp", **served.options)
    return served


def litellm() -> Served:
    """Start LiteLLM's proxy, with a simulator of OpenAI's API as its vendor."""
    environment, port = Environment("litellm"), free_port()
    simulator = Simulator()
    simulator.start()  # it ends with the tests
    vendor = {"api_base": simulator.base_url, "api_key": "k", "max_retries": 0}
    config = {
        "model_list": [
            {"model_name": "m-1", "litellm_params": {"model": "openai/gpt-4o", **vendor}}
        ],
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
        "general_settings": {"master_key": "secret"},
    }
    folder = tempfile.mkdtemp()
    (Path(folder) / "config.yaml").write_text(json.dumps(config), "utf-8")  # JSON is YAML
    address = ("--host", "127.0.0.1", "--port", str(port))
    command = [environment.script("litellm"), "--config", "config.yaml", *address]
    # Without the variable, it first requests a list of prices from GitHub.
    process = Process(command, os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}, folder)
    served = Served(
        provider="litellm",
        name="m-1",
        base_url=f"http://127.0.0.1:{port}/v1",
        abilities=frozenset({"forces", "keys", "models", "schemas", "usage"}),
        process=process,
        start=litellm,
        reasoning={},
        plain={},
    )
    process.wait_until_ready("litellm", **served.options)
    return served


def transformers() -> Served:
    """Start the server of the package transformers, with a model whose responses are scripted."""
    environment, port = Environment("transformers"), free_port()
    folder = scripted_model(environment)
    address = ("--host", "127.0.0.1", "--port", str(port), "--device", "cpu")
    command = [environment.script("transformers"), "serve", SCRIPTED, *address]
    process = Process(command, OFFLINE, folder)
    served = Served(
        provider="huggingface",
        name=SCRIPTED,
        base_url=f"http://127.0.0.1:{port}/v1",
        abilities=frozenset({"calls", "limits", "models", "reasoning", "usage"}),
        process=process,
        start=transformers,
        reasoning={"provider_options": {"chat_template_kwargs": {"enable_thinking": True}}},
        plain={},
    )
    process.wait_until_ready("huggingface", **served.options)
    return served


def vllm() -> Served:
    """Start vLLM's server on the CPU, with a model whose responses are scripted."""
    environment, port = Environment("vllm"), free_port()
    folder = scripted_model(environment)
    # The command `vllm` fails, because it requests the version of a package of its own name.
    command = [str(environment.python), "-m", "vllm.entrypoints.openai.api_server"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--api-key", "secret"]
    command += ["--model", SCRIPTED, "--served-model-name", SCRIPTED, "--enforce-eager"]
    command += ["--enable-auto-tool-choice", "--tool-call-parser", "hermes"]
    command += ["--reasoning-parser", "qwen3"]
    command += ["--default-chat-template-kwargs", '{"enable_thinking": false}']
    limits = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind"}
    process = Process(command, OFFLINE | limits | {"VLLM_NO_USAGE_STATS": "1"}, folder)
    served = Served(
        provider="vllm",
        name=SCRIPTED,
        base_url=f"http://127.0.0.1:{port}/v1",
        abilities=frozenset(
            {"calls", "context_window", "counts", "forces", "keys", "limits", "logprobs"}
            | {"models", "overflow", "reasoning", "recalls", "schemas", "stops", "usage"}
        ),
        process=process,
        start=vllm,
        reasoning={"reasoning_effort": "high"},
        plain={"reasoning_effort": "none"},
    )
    process.wait_until_ready("vllm", **served.options)
    return served


SCRIPTED = "scripted"
"""The name and the folder of the model of `programs/scripted_model.py`."""

OFFLINE = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def scripted_model(environment: Environment) -> str:
    """Write the model with scripted responses, and return the folder above its own."""
    folder = tempfile.mkdtemp()
    program = str(PROGRAMS / "scripted_model.py")
    subprocess.run([str(environment.python), program, SCRIPTED], cwd=folder, check=True)
    return folder


START: dict[str, Callable[[], Served]] = {
    "llamacpp": llamacpp,
    "litellm": litellm,
    "transformers": transformers,
    "vllm": vllm,
}
"""The functions that start the servers, by the names of `SERVERS`."""
