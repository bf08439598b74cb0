"""The wheel has all that runs, and nothing more."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel of this checkout."""
    builder = WheelBuilder(str(ROOT))
    (path,) = builder.build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    return zipfile.ZipFile(path)


def test_the_wheel_has_both_packages_and_the_command(wheel: zipfile.ZipFile) -> None:
    """Every top level name is a package of ours, and `numeral` is its command."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"model", "service"}
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert b"numeral = service.cli.main:app" in wheel.read(entry_points)


def test_the_wheel_has_the_data_of_the_packages(wheel: zipfile.ZipFile) -> None:
    """Digits, networks and the page are files beside the code; each is in the wheel, byte for byte."""
    files = [
        path
        for package in ("model", "service")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert any(path.name == "train-images-idx3-ubyte.gz" for path in files)
    for path in files:
        packed = wheel.read(path.relative_to(ROOT).as_posix())
        assert hashlib.sha256(packed).digest() == hashlib.sha256(path.read_bytes()).digest(), path
