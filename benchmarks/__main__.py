"""Runs the benchmarks, side by side with other libraries: `./run bench [name ...]`."""

import sys
from importlib import import_module

BENCHMARKS = (
    "imports",
    "registry",
    "decoding",
    "calls",
    "streams",
    "concurrency",
    "engines",
    "policies",
    "telemetry",
    "simulator",
)
LONG = ("soak",)  # run by name only


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS + LONG]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; choose from {', '.join(BENCHMARKS + LONG)}")
        return 2
    for name in names or BENCHMARKS:
        module = import_module(f"benchmarks.{name}")
        print(f"\n{(module.__doc__ or '').splitlines()[0]}\n")
        module.main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
