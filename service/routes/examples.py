"""``/examples``: corrected pictures for later training."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from typing import IO, Annotated, Any

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.responses import StreamingResponse

from model.arrays import Bytes, Pixels
from model.errors import ImageCorrupt, ImageError
from service import archives, bodies, png
from service.error_schemas import problems
from service.errors import ApiError
from service.example import Example
from service.exchange import Exchange
from service.options import label_of
from service.picture_schemas import example_body
from service.pictures import Pictures, Prepared
from service.records import Records
from service.routes.answers import json_answer
from service.routes.dependencies import RecordsDep, ServicesDep
from service.routes.queries import only_known

ZIP = (b"application/zip", b"application/x-zip-compressed")
BULK = 200
"""Examples of an archive that are kept at once."""

MOST_PIXELS_IN_BULK = 400_000_000
"""Of all pictures of an archive together: a zip of small files can hold gigapixels."""

MOST_REFUSALS = 100

ListedLabel = Annotated[
    int | None, Query(ge=0, le=9, description="With limit: list those of this digit alone.")
]
ExamplePath = Annotated[str, Path()]

router = APIRouter(prefix="/examples", tags=["examples"], dependencies=[Depends(only_known)])


class _ExampleId(StringConvertor):
    """What an id looks like, so that a path such as /examples/export is none."""

    regex = "[0-9a-f]{32}"


register_url_convertor("example", _ExampleId())


class ExampleDocument(BaseModel):
    """An example that is kept."""

    id: str = Field(description="Named by its pixels: the same picture has the same id.")
    label: int


class Refusal(BaseModel):
    """A picture of an archive that is not kept."""

    entry: int = Field(description="Its place in the archive, from 1.")
    error: str


class BulkDocument(BaseModel):
    """What became of an archive."""

    new: int
    known: int
    refused: int
    refusals: list[Refusal] = Field(description=f"The first {MOST_REFUSALS}.")


class ListedExample(ExampleDocument):
    """An example in a list; times are UTC."""

    created_at: str
    updated_at: str


class Examples(BaseModel):
    """How many examples there are."""

    total: int
    per_label: dict[str, int]
    examples: list[ListedExample] | None = Field(None, description="With limit: the newest.")


@router.post(
    "",
    operation_id="add_example",
    status_code=201,
    response_model=ExampleDocument,
    responses={
        200: {"model": ExampleDocument | BulkDocument, "description": "It was known; or an archive."},
        **problems(408, 415),
    },
    openapi_extra={"requestBody": example_body()},
)
async def add(
    request: Request,
    records: RecordsDep,
    services: ServicesDep,
    label: Annotated[str | None, Query(include_in_schema=False)] = None,
) -> Response:
    """Keep a picture with its true label, in any body that /predict takes; or a zip archive of LABEL/name.png."""
    exchange, settings = Exchange(request.scope, request.receive), services.settings
    bodies.require_plain(exchange)
    kind = exchange.header(b"content-type")
    if kind is not None and kind.split(b";")[0].strip().lower() in ZIP:
        archive = await bodies.receive(exchange, settings.max_batch_bytes, settings.body_seconds)
        return json_answer(await _bulk(archive, records, services.pictures))
    body = await bodies.receive(exchange, settings.max_body_bytes, settings.body_seconds)
    submission = bodies.parse(body, kind, members=("label",))
    digit = label_of(label, submission.members.get("label"))
    if digit is None:
        raise ApiError(422, "expected label, the digit that the picture shows, got none", field="label")
    prepared = await services.pictures.prepare(submission)
    example = Example(_whole(prepared.pixels), digit, submission.image)

    new = await records.in_thread(partial(_keep, records, [example]))
    return json_answer({"id": example.id, "label": example.label}, 201 if new else 200)


def _whole(pixels: Pixels) -> Bytes:
    """Return pixels as examples keep them, in whole numbers; a picture without ink shows no digit."""
    whole = np.rint(pixels).astype(np.uint8).reshape(-1)
    if not whole.any():
        raise ApiError(422, "expected a picture of a digit, got a blank one")
    return whole


async def _bulk(archive: bytes, records: Records, pictures: Pictures) -> dict[str, Any]:
    refusals: list[dict[str, Any]] = []
    batches = _batches(archive, pictures, refusals)
    new = known = 0
    while batch := await pictures.in_bulk(lambda: next(batches, None)):
        unknown = await records.in_thread(partial(_keep, records, batch))
        new, known = new + unknown, known + len(batch) - unknown
    return {"new": new, "known": known, "refused": len(refusals), "refusals": refusals[:MOST_REFUSALS]}


def _keep(records: Records, batch: Sequence[Example]) -> int:
    """Keep examples and return how many are new."""
    with records.examples(writing=True) as examples:
        return sum(examples.add(batch))


def _batches(archive: bytes, pictures: Pictures, refusals: list[dict[str, Any]]) -> Iterator[list[Example]]:
    """Yield the examples in an archive, some at a time, and note what is none."""
    batch: list[Example] = []
    pixels_left = MOST_PIXELS_IN_BULK
    for entry in archives.pictures(archive):
        try:
            prepared = _prepared(entry, pictures, pixels_left)
            pixels_left -= _area(prepared)
            batch.append(Example(_whole(prepared.pixels), entry.label, entry.data))
        except (ImageError, ApiError) as error:
            if isinstance(error, ImageCorrupt):
                pixels_left -= error.pixels
            refusals.append({"entry": entry.number, "error": str(error)})
        if len(batch) >= BULK:
            yield batch
            batch = []
    if batch:
        yield batch


def _prepared(entry: archives.Entry, pictures: Pictures, pixels_left: int) -> Prepared:
    if entry.error is not None:
        raise ApiError(422, entry.error)
    if pixels_left < 0:
        raise ApiError(413, f"expected at most {MOST_PIXELS_IN_BULK} pixels in all pictures, got more before")
    return pictures.prepare_now(entry.data)


def _area(prepared: Prepared) -> int:
    width, height = prepared.picture.source_size if prepared.picture else (28, 28)
    return width * height


@router.get(
    "",
    operation_id="count_examples",
    response_model=Examples,
    response_model_exclude_none=True,
    responses=problems(409),
)
def count(
    records: RecordsDep, limit: Annotated[int, Query(ge=0, le=1000)] = 0, label: ListedLabel = None
) -> Response:
    """Count the examples; with `limit`, list the newest too."""
    if label is not None and not limit:
        raise ApiError(409, "expected limit beside label, how many to list; got none or 0", field="label")
    with records.examples() as examples:
        document = examples.count()
        if limit:
            document["examples"] = examples.newest(limit, label)
    return json_answer(document)


@router.get("/export", operation_id="export_examples", response_class=StreamingResponse)
def export(records: RecordsDep) -> Response:
    """Return all examples as a zip archive of LABEL/id.png.

    POST /examples takes it back if it holds at most 10,000 and is no larger than `NUMERAL_MAX_BATCH_BYTES`, 32 MB by
    default; `numeral examples import` sends a larger one in parts.
    """
    file = _archive(records)
    headers = {
        "Content-Disposition": 'attachment; filename="examples.zip"',
        "Content-Length": str(file.tell()),
    }
    return StreamingResponse(_chunks(file), media_type="application/zip", headers=headers)


def _archive(records: Records) -> IO[bytes]:
    try:
        with ExitStack() as unfinished:
            file = unfinished.enter_context(tempfile.TemporaryFile())
            with records.examples() as examples:
                archives.write(examples.each(), file)
            unfinished.pop_all()
            return file
    except OSError as error:
        raise ApiError(503, "expected room on the disk for the archive, got none") from error


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(1 << 16):
            yield chunk


@router.get("/{example_id:example}/image", operation_id="get_example_image", response_class=Response)
def image(records: RecordsDep, example_id: ExamplePath) -> Response:
    """Return an example as the network sees it, a PNG."""
    with records.examples() as examples:
        return Response(png.encode(examples.get(example_id).pixels), media_type="image/png")


@router.delete("/{example_id:example}", operation_id="delete_example", status_code=204)
def delete(records: RecordsDep, example_id: ExamplePath) -> Response:
    """Forget an example, its original too.

    A training keeps the copy of the examples that it began with until it has succeeded: one that was cancelled or has
    failed can still be resumed.
    """
    with records.examples(writing=True) as examples:
        examples.remove(example_id)
    return Response(status_code=204)
