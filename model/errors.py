"""What can go wrong in ``model``.

* ModelError
  - ShapeMismatch        an array does not fit the network
  - ConfigInvalid        a setting is outside its range; ``field`` names it
  - ImageError
    . UnsupportedImage   not one of the picture formats we read
    . ImageTooLarge      more pixels than allowed
    . ImageCorrupt       a known format, but torn or malformed
  - DataError            a data set is missing, torn or not what its digest says
  - Diverged             training produced numbers that are not finite
  - CheckpointInvalid    a checkpoint is torn or belongs to another training
  - ArtifactCorrupt      digest, shape or format differs from the manifest
  - VersionNotFound      the registry has no such version or alias
  - NoEarlierVersion     an alias has nothing to roll back to
  - StoreUnavailable     the object store could not be reached or written

A message says what was expected and what came. Nothing here knows about HTTP.
"""


class ModelError(Exception):
    """Base of everything ``model`` raises on purpose."""


class ShapeMismatch(ModelError):
    """An array does not fit the network."""


class ConfigInvalid(ModelError):
    """A setting is outside its range."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class ImageError(ModelError):
    """Bytes that do not become a picture."""


class UnsupportedImage(ImageError):
    """Not one of the picture formats we read."""


class ImageTooLarge(ImageError):
    """More pixels than allowed."""


class ImageCorrupt(ImageError):
    """A known picture format, but torn or malformed.

    Attributes:
        pixels: how many its header declares, which may all have been decoded; 0 if the header itself is torn.
    """

    def __init__(self, message: str, pixels: int = 0) -> None:
        super().__init__(message)
        self.pixels = pixels


class DataError(ModelError):
    """A data set is missing, torn or not what its digest says."""


class Diverged(ModelError):
    """Training produced numbers that are not finite."""


class CheckpointInvalid(ModelError):
    """A checkpoint is torn or belongs to another training."""


class ArtifactCorrupt(ModelError):
    """Digest, shape or format differs from the manifest."""


class VersionNotFound(ModelError):
    """The registry has no such version or alias."""


class NoEarlierVersion(ModelError):
    """An alias has nothing to roll back to."""


class StoreUnavailable(ModelError):
    """The object store could not be reached or written."""
