"""Reading data sets: the shipped digits, and everything a person may point the trainer at."""

import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model import sources
from model.dataset import VALIDATION, Dataset, split, split_by_picture
from model.errors import DataError


def idx(array: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    """The bytes of an IDX file."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


IMAGES = np.arange(3 * 784, dtype=np.uint32).reshape(3, 28, 28).astype(np.uint8)
LABELS = np.array([3, 1, 4], np.uint8)


def test_the_shipped_digits_are_mnist(mnist: Dataset) -> None:
    """60,000 and 10,000 digits; the first of each are the well-known 5 and 7; class counts are as published."""
    test = sources.load_test()
    assert (len(mnist), len(test)) == (60_000, 10_000)
    assert (mnist.labels[0], test.labels[0]) == (5, 7)
    assert np.bincount(mnist.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_a_damaged_shipped_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong byte in MNIST is noticed by its digest."""
    for file in sources.MNIST.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    labels = tmp_path / "t10k-labels-idx1-ubyte.gz"
    damaged = bytearray(labels.read_bytes())
    damaged[-9] ^= 1
    labels.write_bytes(damaged)
    monkeypatch.setattr(sources, "MNIST", tmp_path)
    with pytest.raises(DataError, match=r"expected t10k-labels-idx1-ubyte\.gz with digest"):
        sources.load_test()


@pytest.mark.parametrize("zipped", [False, True])
def test_any_idx_pair_is_read(zipped: bool, tmp_path: Path) -> None:
    """Images and labels by MNIST's file names, gzipped or not."""
    pack = gzip.compress if zipped else bytes
    (tmp_path / "my-images-idx3-ubyte").write_bytes(pack(idx(IMAGES)))
    (tmp_path / "my-labels-idx1-ubyte").write_bytes(pack(idx(LABELS)))
    data = sources.load(str(tmp_path / "my-images-idx3-ubyte"))
    np.testing.assert_array_equal(data.images, IMAGES.reshape(3, 784))
    np.testing.assert_array_equal(data.labels, LABELS)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-1], "expected 2352 numbers"),
        (lambda data: data + b"\0", "expected 2352 numbers"),
        (lambda data: b"\0\0\x0d" + data[3:], "expected .* to be an IDX file"),
        (lambda data: data[:7], "whole header"),
        (lambda _: bytes([0, 0, 8, 3]) + b"\xff" * 12, "expected 79228162458924105385300197375 numbers"),
        (lambda data: gzip.compress(data)[:-20], "another or a torn file"),
        (lambda _: b"", "expected .* to be an IDX file"),
    ],
)
def test_torn_idx_files_are_refused(damage: object, message: str, tmp_path: Path) -> None:
    """Every way of being torn has an error that says what was expected; nothing is allocated for what is declared."""
    assert callable(damage)
    (tmp_path / "images-idx3").write_bytes(damage(idx(IMAGES)))
    (tmp_path / "labels-idx1").write_bytes(idx(LABELS))
    with pytest.raises(DataError, match=message):
        sources.load(str(tmp_path / "images-idx3"))


def test_an_npz_of_arrays_is_read(tmp_path: Path) -> None:
    """The names images and labels, or Keras's x_train and y_train."""
    for names in (("images", "labels"), ("x_train", "y_train")):
        arrays: dict[str, Any] = {names[0]: IMAGES, names[1]: LABELS.astype(np.int64)}
        np.savez(tmp_path / "d.npz", **arrays)
        data = sources.load(str(tmp_path / "d.npz"))
        np.testing.assert_array_equal(data.images, IMAGES.reshape(3, 784))
        np.testing.assert_array_equal(data.labels, LABELS)


def test_pickled_arrays_are_never_loaded(tmp_path: Path) -> None:
    """An array of objects would need unpickling, which runs code; it is refused."""
    np.savez(tmp_path / "d.npz", images=np.array([{"a": 1}], object), labels=LABELS, allow_pickle=True)
    with pytest.raises(DataError, match="plain arrays, got another"):
        sources.load(str(tmp_path / "d.npz"))


def test_a_small_npz_that_declares_terabytes_is_refused(tmp_path: Path) -> None:
    """The size an .npz declares is believed only within bounds, and nothing is allocated for it."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 42,)}
    )
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w") as archive:
        archive.writestr("images.npy", header.getvalue())
        archive.writestr("labels.npy", header.getvalue())
    with pytest.raises(DataError, match=r"expected bomb\.npz"):
        sources.load(str(tmp_path / "bomb.npz"))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.astype(np.float64), LABELS, "uint8 images"),
        (IMAGES[:, :27], LABELS, "uint8 images"),
        (IMAGES, LABELS.astype(np.float32), "whole-number labels"),
        (IMAGES, np.array([1, 2, 10]), "labels 0 to 9"),
        (IMAGES, np.array([1, 2, -1]), "labels 0 to 9"),
        (IMAGES, LABELS[:2], "labels"),
    ],
)
def test_arrays_of_other_kinds_are_refused(
    images: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]",
    labels: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]",
    message: str,
    tmp_path: Path,
) -> None:
    """Numbers that would have to be guessed at are not guessed at."""
    np.savez(tmp_path / "d.npz", images=images, labels=labels)
    with pytest.raises(DataError, match=message):
        sources.load(str(tmp_path / "d.npz"))


def test_a_folder_of_labels_is_read_and_normalised(tmp_path: Path, mnist: Dataset) -> None:
    """Pictures in folders 0 to 9, in the order of labels; an MNIST digit comes through unchanged."""
    for label in (7, 2):
        (tmp_path / str(label)).mkdir()
        digit = mnist.images[mnist.labels == label][0].reshape(28, 28)
        Image.fromarray(digit).save(tmp_path / str(label) / "a.png")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "b.png").write_bytes(b"not read")
    data = sources.load(str(tmp_path))
    assert data.labels.tolist() == [2, 7]
    np.testing.assert_array_equal(data.images[1], mnist.images[mnist.labels == 7][0])


def test_a_folder_with_a_broken_picture_names_it(tmp_path: Path) -> None:
    """A picture that cannot be read is not skipped in silence."""
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n torn")
    with pytest.raises(DataError, match=r"expected torn\.png to be a picture"):
        sources.load(str(tmp_path))


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing path, and a folder without labels, say what was expected."""
    with pytest.raises(DataError, match="'nothing', which does not exist"):
        sources.load(str(tmp_path / "nothing"))
    with pytest.raises(DataError, match="expected pictures in folders 0 to 9"):
        sources.load(str(tmp_path))


def test_mnist_has_its_split_whatever_file_it_comes_in(tmp_path: Path, mnist: Dataset) -> None:
    """Versions that learned from it stay comparable; any other set is split by its pictures."""
    whole = sources.load_split("mnist", limit=10)
    assert len(whole.validation) == VALIDATION
    assert whole.validation.digest == split(mnist).validation.digest
    assert whole.training.digest == split(mnist, limit=10).training.digest
    file = tmp_path / "mnist.npz"
    np.savez(file, images=mnist.images, labels=mnist.labels)
    assert sources.load_split(str(file)).validation.digest == whole.validation.digest
    np.savez(file, images=mnist.images[:600], labels=mnist.labels[:600])
    other = sources.load_split(str(file), limit=20)
    assert len(other.training) == 20
    assert other.validation.digest == split_by_picture(mnist.take(slice(0, 600))).validation.digest
