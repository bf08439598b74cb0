"""What the code imports is what pyproject.toml names, so that nothing comes along by chance."""

import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = {"model", "service"}
USED_WITHOUT_IMPORT = {
    "fastapi-offline",  # a source of files
    "httptools",  # uvicorn takes it where it is installed
    "psycopg",  # SQLAlchemy loads it for postgresql:// URLs
    "uvloop",  # uvicorn takes it where it is installed
}


def named() -> set[str]:
    """Return the distributions that the project depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}


def imported() -> set[str]:
    """Return the distributions that the code imports, early or late."""
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    modules = [module for module in graph.modules if module.split(".")[0] in PACKAGES]
    tops = {
        found.split(".")[0] for module in modules for found in graph.find_modules_directly_imported_by(module)
    }
    distributions = packages_distributions()
    return {
        canonicalize_name(distributions[top][0])
        for top in tops - PACKAGES
        if top not in sys.stdlib_module_names
    }


def test_everything_imported_is_named() -> None:
    """A fresh installation has every package that the code imports."""
    assert imported() <= named()


def test_everything_named_is_used() -> None:
    """No dependency is left over from code that is gone."""
    assert named() - imported() == USED_WITHOUT_IMPORT
