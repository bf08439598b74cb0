"""What is installed is exactly what was locked."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ["runtime.txt", "build.txt", "dev.txt"]
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[\w.+!-]+)(?: ;[^\\]*)? \\$")


def pins(lock: str) -> dict[str, str]:
    """Return name to version for each requirement of a lock; markers choose between none."""
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    found = [match for line in lines if (match := PIN.match(line))]
    return {canonicalize_name(match["name"]): match["version"] for match in found}


def project() -> dict[str, Any]:
    """Return pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def named(lock: str) -> list[Requirement]:
    """Return the requirements that pyproject.toml makes of a lock."""
    groups = project()["dependency-groups"]
    runtime = project()["project"]["dependencies"]
    included = [groups[entry["include-group"]] for entry in groups["dev"]]
    wanted = {"runtime.txt": runtime, "build.txt": groups["build"], "dev.txt": sum(included, runtime)}
    return [Requirement(text) for text in wanted[lock]]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_has_a_version_and_hashes(lock: str) -> None:
    """Outside comments a lock has pinned requirements, each followed by its hashes, and nothing else."""
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    assert pins(lock)
    before = ""
    for line in (line for line in lines if not line.lstrip().startswith("#")):
        if PIN.match(line):
            assert not before.endswith("==")
        else:
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line), line
        assert not before or before.endswith("\\") == line.startswith(" "), line
        before = line


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_address(lock: str) -> None:
    """Where packages come from is a setting of the machine."""
    assert "://" not in (ROOT / "requirements" / lock).read_text()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(lock: str) -> None:
    """Each dependency of pyproject.toml is locked, in a version it allows; else `make lock` was forgotten."""
    locked = pins(lock)
    for requirement in named(lock):
        version = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} is locked as {version}"


def test_the_locks_agree() -> None:
    """The tests run with the versions that the service is installed with."""
    assert pins("runtime.txt").items() <= pins("dev.txt").items()
    assert pins("build.txt").items() <= pins("dev.txt").items()
