"""Changes modules in small ways, and reports the changes that no test notices.

    ./run mutants            all groups of modules
    ./run mutants finish     one of them
    ./run mutants codecs     faults of the codecs, which the contract suite has to notice

`mutmut` changes functions. Most of the rules here are tables, which it does not change, and
cosmic-ray has no operators for their entries. So `mutants_tables.py` changes the tables.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import mutants_codecs
import mutants_groups
import mutants_tables
import workspace

CONFIGURATION = Path(__file__).with_suffix(".toml")
TREES = workspace.ROOT / ".hatch" / "mutants"
KILLED = {"killed", "timeout"}


def main(chosen: list[str]) -> None:
    if chosen[:1] == ["codecs"]:
        mutants_codecs.main(chosen[1:])
        return
    groups = mutants_groups.read(CONFIGURATION)
    stale = mutants_groups.stale(groups, workspace.ROOT)
    if stale:
        sys.exit("\n".join(stale))
    unknown = [name for name in chosen if name not in groups]
    if unknown:
        sys.exit(f"no groups {unknown}; choose from {list(groups)}")
    unexplained = [name for name in chosen or groups if not explained(name, groups[name])]
    if not chosen:
        mutants_codecs.main([])
    if unexplained:
        sys.exit(f"changes that no test notices and nothing explains: {', '.join(unexplained)}")


def explained(name: str, group: mutants_groups.Group) -> bool:
    """Test a group and report the survivors; return whether all of them are accepted."""
    tree = lay_out(TREES / name, group)
    results = functions(tree)
    modules = [path for glob in group["modules"] for path in (tree / "src").glob(glob)]
    results |= mutants_tables.results(tree, modules, group["tests"])
    survivors = {key: change for key, change in results.items() if change}
    accepted = {line.strip() for lines in group.get("accepted", {}).values() for line in lines}
    open_ones = {key: change for key, change in survivors.items() if new(change) not in accepted}
    for key, change in open_ones.items():
        print(f"\n{key}\n{change}")
    for stale in accepted - {new(change) for change in survivors.values()}:
        print(f"\naccepted, but noticed: {stale}")
    killed = len(results) - len(survivors)
    print(
        f"{name}: {len(results)} changes, {killed} noticed ({killed / len(results):.1%}), "
        f"{len(survivors) - len(open_ones)} accepted",
        flush=True,
    )
    return not open_ones


def new(change: str) -> str:
    """Return the new lines of a change; the old ones if there are none."""
    lines = change.splitlines()
    added = [line[1:].strip() for line in lines if line.startswith("+")]
    return " ".join(added) or " ".join(line[0] + line[1:].strip() for line in lines)


def lay_out(tree: Path, group: mutants_groups.Group) -> Path:
    """Copy all packages into one tree, as mutmut expects it."""
    shutil.rmtree(tree, ignore_errors=True)
    for folder in workspace.packages().values():
        shutil.copytree(
            folder / "src",
            tree / "src",
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        if (folder / "tests").exists():
            shutil.copytree(folder / "tests", tree / "packages" / folder.name / "tests")
    shutil.copy(workspace.ROOT / "packages" / "conftest.py", tree / "packages")
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{glob}" for glob in group["modules"]],
        "also_copy": ["packages"],
        "pytest_add_cli_args_test_selection": group["tests"],
    }
    written = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    root = (workspace.ROOT / "pyproject.toml").read_text("utf-8")
    (tree / "pyproject.toml").write_text(
        f"{root}\n[tool.mutmut]\nuse_git_change_detection = false\n{written}", "utf-8"
    )
    return tree


def functions(tree: Path) -> dict[str, str]:
    """Run mutmut; return the mutants with their changes, which are empty if a test noticed."""
    with (tree / "log").open("w") as log:
        mutmut(tree, ["run"], stdout=log)
    listed = mutmut(tree, ["results", "--all", "true"], stdout=subprocess.PIPE)
    results = dict(line.strip().split(": ") for line in listed.splitlines())
    survivors = [name for name, status in results.items() if status not in KILLED]
    shown = mutmut(tree, *(["show", name] for name in survivors), stdout=subprocess.PIPE)
    changes = [
        "\n".join(re.findall(r"^[-+](?!--|\+\+).*\S.*", diff, re.MULTILINE))
        for diff in re.split(r"^# ", shown, flags=re.MULTILINE)[1:]
    ]
    return dict.fromkeys(results, "") | dict(zip(survivors, changes, strict=True))


def mutmut(tree: Path, *commands: list[str], stdout: int | TextIO) -> str:
    """Run commands of mutmut in one process, since it is slow to start."""
    code = f"""
from mutmut.__main__ import cli
for command in {commands!r}:
    cli.main(command, standalone_mode=False)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, check=True, stdout=stdout, text=True
    )
    return done.stdout or ""


if __name__ == "__main__":
    main(sys.argv[1:])
