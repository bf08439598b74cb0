"""Pictures in the OpenAPI document: base64, files and pixels, alone, several, and with what may stand beside them.

What can be said of a picture in a schema is said: of a string, how the base64 of picture files begins. That the bytes of a
file are a picture no schema can say.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from model.form import PIXELS as COUNT
from service import png
from service.bodies import BYTES, IMAGE_TYPES, JSON, MULTIPART

SEVEN = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAwUlEQVR42mNgGDaAEUKFpD77sfTFHeyS9xQYGBg+X4UKPuk6w8DAwMDAAuGm6l/T"
    "MnSweCzLwPDntSTDozPIOhkYGBgYBA3PmDIw/Lh1XShnGi5nBP+9KIRLTuzl/2AokwlDMlv0/U1cGq1//rPD6fHWf7tZcclxnv1hhVNj3b9tOOW8"
    "f3+wxCUnfPffMlxyzKf/3VbGJan2758vLjn5B/+KGXF78Z8JLjnbT+iSSGFrw8Nw9wuKJAsy56LzO+ITGABpETyQcCy90wAAAABJRU5ErkJggg=="
)
"""A handwritten digit as a PNG in base64: the example of the documentation."""

_BINARY = {"type": "string", "format": "binary"}
IMAGE = {
    "type": "string",
    # Base64 of what PNG, JPEG, WebP, BMP, GIF and TIFF files begin with; the shortest whole file is longer than that.
    "pattern": r"^(?=.{40})(?:data:[^,]{0,80};base64,)?(?:iVBORw0KGgo|/9j/|UklGR|Qk|R0lGOD|SUkq|SUkr|TU0A)",
    "description": "base64 or a data URL of a picture file",
}
"""A picture in JSON, where it must be one."""

BLANK = png.data_url(np.zeros(COUNT, np.uint8))
"""What /predict shows as seen of a picture without ink."""

ANY_IMAGE = {"type": "string", "description": IMAGE["description"]}
"""A picture in JSON, where one that cannot be read spoils nothing but itself."""

NUMBER = {"type": "number", "minimum": 0, "maximum": 255}
ROW = {"type": "array", "items": NUMBER, "minItems": 28, "maxItems": 28}
PIXELS = {
    "description": "28 rows of 28 numbers, or 784 numbers: 0 is paper, 255 is ink; taken as they are",
    "oneOf": [
        {"type": "array", "items": ROW, "minItems": 28, "maxItems": 28},
        {"type": "array", "items": NUMBER, "minItems": 784, "maxItems": 784},
    ],
}
LABEL = {"type": "integer", "minimum": 0, "maximum": 9}


def picture_body(
    members: Mapping[str, Any] | None = None, example: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the OpenAPI description of a body with one picture.

    Args:
        members: schemas of what JSON may hold beside it.
        example: what the example has beside it.
    """
    more = dict(members or {})
    forms = [_object({name: schema}, more) for name, schema in (("image", IMAGE), ("pixels", PIXELS))]
    return {
        "required": True,
        "content": {
            JSON: {"schema": {"oneOf": forms}, "example": {"image": SEVEN, **(example or {})}},
            "image/*": {"schema": _BINARY | {"description": f"A file of {', '.join(IMAGE_TYPES)}."}},
            BYTES: {"schema": _BINARY | {"description": "A picture file."}},
            MULTIPART: {"schema": _form({"file": _BINARY}, more)},
        },
    }


def several_body(most: int) -> dict[str, Any]:
    """Return the OpenAPI description of a body with up to ``most`` pictures."""
    pictures = {"type": "array", "items": ANY_IMAGE, "minItems": 1, "description": f"Up to {most}."}
    files = {"type": "array", "items": _BINARY, "minItems": 1, "description": f"Up to {most}."}
    schema = _object({"images": pictures}, {})
    return {
        "required": True,
        "content": {
            JSON: {"schema": schema, "example": {"images": [SEVEN, SEVEN]}},
            MULTIPART: {"schema": _form({"files": files}, {})},
        },
    }


def example_body() -> dict[str, Any]:
    """Return the OpenAPI description of a body with a corrected picture, which must have ink, or an archive of them."""
    ink = {"type": "number", "minimum": 1, "maximum": 255}
    forms: list[dict[str, Any]] = [
        {"image": {**IMAGE, "not": {"const": BLANK}}},
        {"pixels": {"type": "array", "items": NUMBER, "minItems": 784, "maxItems": 784, "contains": ink}},
    ]
    schemas = [_object({**form, "label": LABEL}, {}) for form in forms]
    return {
        "required": True,
        "description": (
            f"Also, with the label in the query, a picture file as {BYTES} or under its own type; or application/zip with"
            " LABEL/name.png."
        ),
        "content": {
            JSON: {"schema": {"oneOf": schemas}, "example": {"image": SEVEN, "label": 7}},
            MULTIPART: {"schema": _form({"file": _BINARY, "label": LABEL}, {})},
        },
    }


def _object(needed: Mapping[str, Any], allowed: Mapping[str, Any]) -> dict[str, Any]:
    return {**_form(needed, allowed), "additionalProperties": False}


def _form(needed: Mapping[str, Any], allowed: Mapping[str, Any]) -> dict[str, Any]:
    """A form may have other fields besides, which mean nothing."""
    return {"type": "object", "required": list(needed), "properties": {**needed, **allowed}}
