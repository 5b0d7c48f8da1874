"""Runs the benchmarks, side by side with other libraries: `./run bench [name ...] [options]`.

Two of them have options, and run alone with these: `instructions --check` or `--against=REF`, and
`bulk --rows=1000000`.
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
    "bulk",
)
WITH_OPTIONS = ("instructions", "bulk")
LONG = ("growth", "peers", "soak", "starts")  # run by name only


def main(arguments: list[str]) -> int:
    names = [each for each in arguments if not each.startswith("-")]
    options = [each for each in arguments if each.startswith("-")]
    if options and (len(names) != 1 or names[0] not in WITH_OPTIONS):
        print(f"only these have options, one at a time: {', '.join(WITH_OPTIONS)}")
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
