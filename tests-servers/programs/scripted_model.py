"""Writes a small model whose responses are scripted: run by the Python of a server's environment.

The hidden state of the model is its last token, and each token has one successor. The chat template
ends with the first token of a script. A grammar that forbids the successor chooses by preference:
the end, closing characters, then others, and white space last.
"""

import sys
from itertools import pairwise
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

LENGTH = 2048
"""The context window, in tokens."""

END = "<|im_end|>"
ANSWER = "<|im_start|>assistant\n"  # transformers searches the prompt for it
SCRIPTS = [
    (
        *("<|counts|>" + ANSWER, "Hello", " there", ":", " one", ",", " two", " and", " three"),
        *(".", " Again", ":"),  # and so on
    ),
    (
        *("<|thinks|>" + ANSWER, "<think>", "\nTwo", " plus", " two.", "\n", "</think>"),
        *("\n\n", "Four", "!", END),
    ),
    (
        *("<|calls|>" + ANSWER, "<tool_call>", '\n{"name": "', 'weather", "arguments'),
        *('": {"city": ', '"Os', 'lo"}', "}\n", "</tool_call>", END),
    ),
]
"""The tokens of each response, after the one with which the prompt ends."""

PREFERRED = '"}],:0123456789truefalsnbcdghijkmopqvwxyz'


def tokenizer(template: str) -> PreTrainedTokenizerFast:
    """Create a tokenizer with a token for each byte and for each text of a script."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {character: number for number, character in enumerate(alphabet)}
    created = Tokenizer(models.BPE(vocabulary, []))
    created.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    created.decoder = decoders.ByteLevel()
    starts = [script[0] for script in SCRIPTS]
    created.add_special_tokens(["<|pad|>", "<|im_start|>", END, *starts])
    for script in SCRIPTS:
        texts = [text for text in script[1:] if text not in {*vocabulary, END}]
        created.add_tokens([AddedToken(text, special=False, normalized=False) for text in texts])
    return PreTrainedTokenizerFast(
        tokenizer_object=created,
        eos_token=END,
        pad_token="<|pad|>",
        chat_template=template,
        model_max_length=LENGTH,
    )


def model(tokens: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Create the model: the embedding is the number of the token, and the head has the scripts."""
    count = len(tokens)
    config = Qwen2Config(
        vocab_size=count,
        hidden_size=512,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=LENGTH,
        bos_token_id=None,
        eos_token_id=tokens.eos_token_id,
        pad_token_id=tokens.pad_token_id,
        tie_word_embeddings=False,
        dtype="float32",
    )
    created = Qwen2ForCausalLM(config)
    always = config.hidden_size - 1  # this part of the state is the same for all tokens
    assert count <= always
    with torch.no_grad():
        for name, weights in created.named_parameters():
            weights.fill_(1.0 if "norm" in name else 0.0)
        embedding, head = created.model.embed_tokens.weight, created.lm_head.weight
        embedding[range(count), range(count)] = 1.0
        embedding[:, always] = 1.0
        for place, text in enumerate([END, *PREFERRED]):
            head[number(tokens, text), always] = 0.5 - place / 100
        for text in " \n\t\r":
            head[number(tokens, text), always] = -1.0
        for last, following in successors().items():
            head[number(tokens, following), number(tokens, last)] = 3.0
    return created


def successors() -> dict[str, str]:
    """Return the successor of each text.

    Raises:
        SystemExit: A text has two successors.
    """
    found: dict[str, str] = {}
    for script in SCRIPTS:
        for last, following in pairwise(script):
            if found.setdefault(last, following) != following:
                raise SystemExit(f"{last!r} has the successors {found[last]!r} and {following!r}")
    return found


def number(tokens: PreTrainedTokenizerFast, text: str) -> int:
    (found,) = tokens.encode(text)
    return found


if __name__ == "__main__":
    folder = sys.argv[1]
    tokens = tokenizer(Path(__file__).with_name("scripted_template.jinja").read_text("utf-8"))
    tokens.save_pretrained(folder)
    model(tokens).save_pretrained(folder)
