"""What augmentation varies, by how much, and the named presets."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class AugmentationSettings:
    """Ranges from which each digit draws its own variation; all zero changes nothing.

    Angles are degrees, lengths are pixels of the 28x28 picture, fractions are of 1. A range given as one number `r` is
    drawn uniformly from [-r, r].
    """

    rotation: float = 0.0
    """Rotation, +-degrees, [0, 45]."""
    narrow_rotation: float | None = None
    """Rotation of 1 and 7, which turn into each other, +-degrees; None: as the others. Needs labels."""
    scale: float = 0.0
    """Size of the digit, 1 +- this, [0, 0.5]."""
    stretch: float = 0.0
    """Width against height, 1 +- this, [0, 0.5]."""
    wide: float = 0.0
    """Fraction of digits made up to 1.7 times as wide against their height, as scanners that fill a square box do."""
    shear: float = 0.0
    """Horizontal slant, +-pixels per pixel of height, [0, 0.5]."""
    shift: float = 0.0
    """Shift in each direction, +-pixels, [0, 4]."""
    elastic: float = 0.0
    """Root mean square of the elastic displacement of one digit, drawn from [0.5, 1.5] of this, pixels, [0, 3]."""
    smoothing: tuple[float, ...] = (4.0,)
    """Gaussian smoothing lengths of the elastic field, pixels, each >= 2; each digit draws one."""
    thinner: float = 0.0
    """Up to this fraction of the way to the 3x3-eroded digit, [0, 1]."""
    thicker: float = 0.0
    """Up to this fraction of the way to the 3x3-dilated digit, [0, 1]."""
    gain: float = 0.0
    """Up to this much steeper edges than bilinear warping leaves, [0, 4]."""
    crisp: float = 0.0
    """Fraction of digits that are not warped at all, [0, 1]: warping blurs, real digits are sharp."""
    blur: float = 0.0
    """Fraction of digits blurred."""
    coarse: float = 0.0
    """Fraction of digits that lost resolution."""
    threshold: float = 0.0
    """Fraction of digits binarised, with ragged edges."""
    noise: float = 0.0
    """Fraction of digits with noise."""
    occlusion: float = 0.0
    """Fraction of digits of which a bar is missing."""
    pale: float = 0.0
    """Fraction of digits with weaker ink."""


_FINISH = AugmentationSettings(
    rotation=16.0,
    narrow_rotation=14.0,
    scale=0.12,
    stretch=0.08,
    wide=0.04,
    shear=0.12,
    shift=1.5,
    elastic=0.85,
    smoothing=(4.0, 2.8),
    thinner=0.5,
    thicker=0.6,
    gain=0.8,
    crisp=0.25,
    blur=0.04,
    coarse=0.04,
    threshold=0.06,
    noise=0.015,
    occlusion=0.02,
    pale=0.015,
)

AUGMENTATIONS: dict[str, AugmentationSettings] = {
    "none": AugmentationSettings(),
    "mild": AugmentationSettings(
        rotation=7.0, scale=0.06, stretch=0.04, shear=0.06, shift=1.0, elastic=0.5, crisp=0.05
    ),
    "standard": AugmentationSettings(
        rotation=10.0,
        scale=0.08,
        stretch=0.06,
        shear=0.10,
        shift=1.5,
        elastic=0.7,
        thinner=0.5,
        thicker=0.5,
        crisp=0.05,
    ),
    "release": AugmentationSettings(
        rotation=16.0,
        narrow_rotation=10.0,
        scale=0.16,
        stretch=0.12,
        wide=0.06,
        shear=0.18,
        shift=2.0,
        elastic=1.1,
        smoothing=(4.0, 2.8),
        thinner=0.6,
        thicker=0.8,
        gain=1.0,
        crisp=0.12,
        blur=0.08,
        coarse=0.06,
        threshold=0.10,
        noise=0.03,
        occlusion=0.04,
        pale=0.03,
    ),
    "finish": _FINISH,
    "scans": replace(_FINISH, wide=0.08, crisp=0.2, blur=0.06, coarse=0.1, threshold=0.12),
}
"""Presets by name. `none` only divides by 255; `mild` is for trainings so short that wider variations could not be learned; `release`
is wide, and `finish` is what a network trained on it ends with: nearer to real digits, so that its last capacity goes to them;
`scans` is that with more of what scanners do to digits."""
