"""Augmentation: fresh variations of the training digits."""

from dataclasses import replace
from threading import Thread

import numpy as np
import pytest

from model.arrays import Array, Bytes, Labels
from model.augmentation import AUGMENTATIONS, AugmentationSettings, Augmenter
from model.errors import ConfigInvalid, ShapeMismatch

SIDE = 28


@pytest.fixture(scope="module")
def digits() -> tuple[Bytes, Labels]:
    """300 pictures: an upright bar with a foot, of varying height, in the middle of the paper."""
    pictures = np.zeros((300, SIDE, SIDE), np.uint8)
    for i, picture in enumerate(pictures):
        picture[8 - i % 4 : 21, 13:16] = 255
        picture[19:21, 13 : 17 + i % 5] = 200
    return pictures.reshape(300, -1), (np.arange(300) % 10).astype(np.uint8)


def augment(
    digits: tuple[Bytes, Labels], kind: str | AugmentationSettings, seed: int = 1, n: int = 300
) -> Array:
    """(n, 784): a variation of each of the first n digits."""
    images, labels = digits
    out = np.full((n, 784), np.nan, np.float32)
    Augmenter(images, kind, labels).batch(np.arange(n), np.random.default_rng(seed), out)
    return out


def centre(pictures: Array) -> Array:
    """(n, 2): the centre of mass, column and row."""
    mass = pictures.reshape(-1, SIDE, SIDE)
    place = np.arange(SIDE)
    total = mass.sum(axis=(1, 2))
    columns = (mass.sum(axis=1) * place).sum(axis=1) / total
    rows = (mass.sum(axis=2) * place).sum(axis=1) / total
    both: Array = np.stack([columns, rows], axis=1)
    return both


def test_none_is_division_by_255(digits: tuple[Bytes, Labels]) -> None:
    """Without augmentation the network sees the digit itself."""
    assert np.array_equal(augment(digits, "none"), digits[0].astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("kind", AUGMENTATIONS)
@pytest.mark.parametrize("n", [1, 64, 129, 300])
def test_every_preset_fills_any_batch_within_the_range(
    digits: tuple[Bytes, Labels], kind: str, n: int
) -> None:
    """Whatever is drawn, inputs are between paper and ink, also in a last block that is not full."""
    out = augment(digits, kind, n=n)
    assert out.min() >= 0.0
    assert out.max() <= 1.0 + 1e-6
    assert (out.max(axis=1) > 0.1).all()


@pytest.mark.parametrize("kind", ["standard", "release"])
def test_equal_generators_give_equal_bytes(digits: tuple[Bytes, Labels], kind: str) -> None:
    """A training can be repeated: the variations come from the generator alone, not from what was drawn before."""
    images, labels = digits
    augmenter = Augmenter(images, kind, labels)
    first, second = np.empty((2, 300, 784), np.float32)
    augmenter.batch(np.arange(300), np.random.default_rng(5), first)
    augmenter.batch(np.arange(300)[::-1], np.random.default_rng(6), second)
    augmenter.batch(np.arange(300), np.random.default_rng(5), second)
    assert first.tobytes() == second.tobytes()
    assert not np.array_equal(first, augment(digits, kind, seed=6))


def test_threads_with_their_own_augmenters_do_not_disturb_each_other(digits: tuple[Bytes, Labels]) -> None:
    """The next mini-batch can be prepared while another thread works on this one."""
    alone = [augment(digits, "release", seed=seed) for seed in range(4)]
    together: dict[int, Array] = {}

    def work(seed: int) -> None:
        together[seed] = augment(digits, "release", seed=seed)

    threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(alone[seed], together[seed]) for seed in range(4))


def test_zero_ranges_warp_nothing(digits: tuple[Bytes, Labels]) -> None:
    """A warp without rotation, scale, shift and elasticity returns the digit: sampling itself moves nothing."""
    out = augment(digits, AugmentationSettings(crisp=1e-9))
    np.testing.assert_allclose(out, digits[0] / 255, atol=1e-4)


def test_shift_moves_the_centre_within_its_range(digits: tuple[Bytes, Labels]) -> None:
    """Shifts reach their range in both directions and stay inside it."""
    before = centre(augment(digits, "none"))
    moved = centre(augment(digits, AugmentationSettings(shift=2.0))) - before
    assert np.abs(moved).max() <= 2.01
    assert moved.min() < -1.8
    assert moved.max() > 1.8
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.2


def angle(pictures: Array) -> Array:
    """(n,): the direction of the principal axis against the vertical, degrees."""
    mass = pictures.reshape(-1, SIDE, SIDE)
    x, y = centre(pictures).T
    dx = np.arange(SIDE)[None, None, :] - x[:, None, None]
    dy = np.arange(SIDE)[None, :, None] - y[:, None, None]
    xy, xx, yy = ((mass * product).sum(axis=(1, 2)) for product in (dx * dy, dx * dx, dy * dy))
    direction: Array = np.degrees(0.5 * np.arctan2(2 * xy, yy - xx))
    return direction


def test_rotation_turns_by_up_to_its_range_and_1_and_7_by_less(digits: tuple[Bytes, Labels]) -> None:
    """Rotation is in degrees; 1 and 7 keep to their narrower range."""
    settings = AugmentationSettings(rotation=30.0, narrow_rotation=5.0)
    turned = np.abs(angle(augment(digits, settings)) - angle(augment(digits, "none")))
    narrow = np.isin(digits[1], (1, 7))
    assert turned[narrow].max() < 6.5
    assert 25.0 < turned[~narrow].max() < 33.0


def test_scale_changes_the_area(digits: tuple[Bytes, Labels]) -> None:
    """A scale of 1 +- 0.2 changes the inked area by 0.64 to 1.44."""
    before, after = augment(digits, "none"), augment(digits, AugmentationSettings(scale=0.2))
    area = after.sum(axis=1) / before.sum(axis=1)
    assert 0.6 < area.min() < 0.7
    assert 1.35 < area.max() < 1.5


@pytest.mark.parametrize("smoothing", [4.0, 2.5])
def test_elastic_displacement_has_the_stated_size(smoothing: float) -> None:
    """On a picture whose grey is its column, the change of grey is the displacement, in pixels."""
    ramp = np.tile(np.arange(SIDE, dtype=np.uint8) * 5, SIDE)[None, :]
    settings = AugmentationSettings(elastic=0.8, smoothing=(smoothing,))
    out = np.empty((400, 784), np.float32)
    Augmenter(ramp, settings).batch(np.zeros(400, np.intp), np.random.default_rng(3), out)
    inner = (out * 255 / 5).reshape(-1, SIDE, SIDE)[:, 5:-5, 5:-5] - np.arange(5, SIDE - 5)
    assert np.sqrt(np.square(inner).mean()) == pytest.approx(0.8, rel=0.15)


def test_thickness_changes_only_the_stroke(digits: tuple[Bytes, Labels]) -> None:
    """Full dilation and erosion are those of the 3x3 cross; less is a blend on the way there."""
    images = digits[0].reshape(-1, SIDE, SIDE)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    cross = [
        padded[:, 1:-1, 1:-1],
        padded[:, :-2, 1:-1],
        padded[:, 2:, 1:-1],
        padded[:, 1:-1, :-2],
        padded[:, 1:-1, 2:],
    ]
    bold = np.max(cross, axis=0).reshape(300, -1) / 255
    fine = np.min(cross, axis=0).reshape(300, -1) / 255
    out = augment(digits, AugmentationSettings(thinner=1.0, thicker=1.0))
    assert (out <= bold + 1e-4).all()
    assert (out >= fine - 1e-4).all()
    share = (out - digits[0] / 255).sum(axis=1)
    assert (share > 0).any()
    assert (share < 0).any()


def test_the_stated_fraction_stays_crisp(digits: tuple[Bytes, Labels]) -> None:
    """Some digits are left as they are, because real digits are sharper than warped ones."""
    out = augment(digits, replace(AUGMENTATIONS["standard"], crisp=0.3))
    same = (np.abs(out - digits[0] / np.float32(255)) < 1e-6).all(axis=1)
    assert 0.2 < same.mean() < 0.4


BARE = AugmentationSettings(crisp=1.0)
EFFECTS = {
    "blur": replace(BARE, blur=0.5),
    "coarse": replace(BARE, coarse=0.5),
    "threshold": replace(BARE, threshold=0.5),
    "noise": replace(BARE, noise=0.5),
    "occlusion": replace(BARE, occlusion=0.5),
    "pale": replace(BARE, pale=0.5),
}


@pytest.mark.parametrize("effect", EFFECTS)
def test_each_degradation_strikes_its_fraction(effect: str) -> None:
    """A degradation changes about as many digits as it says, and leaves the others bit for bit."""
    cloud = np.random.default_rng(4).integers(30, 220, (300, 784)).astype(np.uint8)
    digits = cloud, np.zeros(300, np.uint8)
    struck = (augment(digits, EFFECTS[effect]) != augment(digits, BARE)).any(axis=1)
    assert 0.4 < struck.mean() < 0.6


def test_thresholding_leaves_hardly_any_grey(digits: tuple[Bytes, Labels]) -> None:
    """A thresholded digit is mostly ink or paper, unlike the same digit blurred by warping."""
    warped = replace(AUGMENTATIONS["standard"], crisp=0.0)
    outs = augment(digits, warped), augment(digits, replace(warped, threshold=1.0))
    before, after = (np.mean((out > 0.1) & (out < 0.9)) for out in outs)
    assert after < 0.8 * before


def test_an_unknown_preset_is_named() -> None:
    """The message says which presets there are."""
    with pytest.raises(
        ConfigInvalid, match=r"expected one of none, mild, standard, release, finish, scans, got 'wild'"
    ):
        Augmenter(np.zeros((1, 784), np.uint8), "wild")


def test_settings_that_need_labels_say_so() -> None:
    """Turning 1 and 7 less than the others is impossible without knowing which they are."""
    with pytest.raises(ConfigInvalid, match="needs the labels"):
        Augmenter(np.zeros((1, 784), np.uint8), "release")


@pytest.mark.parametrize(("images", "labels"), [((3, 28, 28), (3,)), ((3, 783), (3,)), ((3, 784), (2,))])
def test_shapes_that_do_not_fit_are_refused(images: tuple[int, ...], labels: tuple[int, ...]) -> None:
    """Images are (n, 784) and labels (n,)."""
    with pytest.raises(ShapeMismatch):
        Augmenter(np.zeros(images, np.uint8), "standard", np.zeros(labels, np.uint8))
