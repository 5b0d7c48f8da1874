"""Runs the benchmarks, side by side with other libraries: `./run bench [name ...] [options]`.

Only `instructions` has options, such as `--check` and `--against=REF`.
"""

import sys
from importlib import import_module

BENCHMARKS = (
    "imports",
    "registry",
    "decoding",
    "calls",
    "streams",
    "concurrency",
    "delays",
    "engines",
    "histories",
    "memory",
    "instructions",
    "policies",
    "telemetry",
    "simulator",
)
LONG = ("growth", "peers", "soak", "starts")  # run by name only


def main(arguments: list[str]) -> int:
    names = [each for each in arguments if not each.startswith("-")]
    options = [each for each in arguments if each.startswith("-")]
    if options and names != ["instructions"]:
        print("only `./run bench instructions` has options")
        return 2
    unknown = [name for name in names if name not in BENCHMARKS + LONG]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; choose from {', '.join(BENCHMARKS + LONG)}")
        return 2
    for name in names or BENCHMARKS:
        module = import_module(f"benchmarks.{name}")
        print(f"\n{(module.__doc__ or '').splitlines()[0]}\n")
        failed = module.main(options) if options else module.main()
        if failed:
            return int(failed)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
