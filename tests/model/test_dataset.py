"""Data sets in memory and their splits."""

import numpy as np
import pytest

from model.dataset import VALIDATION, Dataset, split, split_by_picture
from model.errors import DataError


def numbered(n: int) -> Dataset:
    """Pictures that can be told apart by their first two pixels."""
    images = np.zeros((n, 784), np.uint8)
    images[:, 0], images[:, 1] = np.arange(n) % 256, np.arange(n) // 256
    return Dataset(images, (np.arange(n) % 10).astype(np.uint8))


def identity(data: Dataset) -> set[int]:
    """Which pictures of ``numbered`` these are."""
    return set((data.images[:, 0].astype(int) + 256 * data.images[:, 1].astype(int)).tolist())


def test_a_split_shares_out_every_picture_once() -> None:
    """Training and validation together are the whole, and they have no picture in common."""
    parts = split(numbered(600), validation=100)
    assert len(parts.validation) == 100
    assert identity(parts.training) | identity(parts.validation) == set(range(600))
    assert not identity(parts.training) & identity(parts.validation)


def test_equal_seeds_split_alike_and_others_differently() -> None:
    """The seed alone decides, and labels stay with their pictures."""
    first, again, other = (split(numbered(600), validation=100, seed=s) for s in (1, 1, 2))
    assert identity(first.validation) == identity(again.validation) != identity(other.validation)
    images = first.validation.images
    np.testing.assert_array_equal(
        first.validation.labels, (images[:, 0].astype(int) + 256 * images[:, 1].astype(int)) % 10
    )


def test_a_limit_shortens_the_training_part_only() -> None:
    """The same digits are held out however few are learned from."""
    whole, limited = split(numbered(600)), split(numbered(600), limit=50)
    assert len(limited.training) == 50
    assert limited.validation.digest == whole.validation.digest
    np.testing.assert_array_equal(limited.training.images, whole.training.images[:50])


def test_what_was_learned_from_is_never_held_out_of_a_set_that_grows() -> None:
    """A picture stays on its side, whatever comes before, between and behind it; about a sixth is held out."""
    grown = numbered(3000)
    rng = np.random.default_rng(3)
    parts = split_by_picture(grown)
    assert 400 < len(parts.validation) < 600
    assert len(parts.training) + len(parts.validation) == 3000
    for n in (40, 600, 2000):
        before = split_by_picture(grown.take(rng.permutation(3000)[:n]))
        assert identity(before.training) <= identity(parts.training)
        assert identity(before.validation) <= identity(parts.validation)


def test_of_a_large_set_as_many_are_held_out_as_of_mnist() -> None:
    """Those that leave the held-out ones, as others take their places, were learned from by no version before."""
    parts, before = split_by_picture(numbered(50_000)), split_by_picture(numbered(40_000))
    assert len(parts.validation) == len(before.validation) == VALIDATION
    assert not identity(parts.validation) & identity(before.training)


def test_equal_pictures_are_on_one_side() -> None:
    """Also those with another label."""
    once = numbered(100)
    twice = once.joined(Dataset(once.images, (once.labels + 1) % 10))
    parts = split_by_picture(twice)
    assert not identity(parts.training) & identity(parts.validation)
    assert len(parts.validation) == 2 * len(split_by_picture(once).validation)


@pytest.mark.parametrize("n", range(2, 20))
def test_a_small_set_has_both_parts(n: int) -> None:
    """However the numbers fall; a limit shortens the training part alone."""
    parts = split_by_picture(numbered(n))
    assert len(parts.training) >= 1
    assert len(parts.validation) >= 1
    limited = split_by_picture(numbered(n), limit=1)
    assert len(limited.training) == 1
    assert limited.validation.digest == parts.validation.digest


@pytest.mark.parametrize("data", [numbered(0), numbered(1), numbered(1).take(np.zeros(9, np.intp))])
def test_one_picture_cannot_be_split(data: Dataset) -> None:
    """Nor can the same one many times."""
    with pytest.raises(DataError, match="expected at least 2"):
        split_by_picture(data)


@pytest.mark.parametrize(("n", "validation"), [(1, None), (5, 5), (5, 0)])
def test_too_few_pictures_cannot_be_split(n: int, validation: int | None) -> None:
    """Both parts need at least one picture."""
    with pytest.raises(DataError, match="expected more than"):
        split(numbered(n), validation=validation)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8), "expected images"),
        (np.zeros((2, 784), np.float32), np.zeros(2, np.uint8), "expected images"),
        (np.zeros((2, 784), np.uint8), np.zeros(3, np.uint8), r"expected \(2,\)"),
        (np.zeros((2, 784), np.uint8), np.full(2, 10, np.uint8), "expected labels 0 to 9, got 10"),
    ],
)
def test_malformed_arrays_are_refused(images: np.ndarray, labels: np.ndarray, message: str) -> None:
    """Shapes, types and ranges are checked when a data set is made."""
    with pytest.raises(DataError, match=message):
        Dataset(images, labels)


def test_digests_tell_data_apart() -> None:
    """Equal content has equal digests; another label another."""
    data = numbered(20)
    relabelled = Dataset(data.images, np.zeros(20, np.uint8))
    assert data.digest == numbered(20).digest != relabelled.digest


def test_joined_sets_keep_their_order() -> None:
    """First these pictures, then the others."""
    joined = numbered(3).joined(numbered(2))
    assert joined.images[:, 0].tolist() == [0, 1, 2, 0, 1]
