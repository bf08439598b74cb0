"""``/train``: training jobs, and their events as they happen."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from starlette.responses import StreamingResponse

from model.artifact import checked_architecture
from model.config import NetworkConfig, TrainingConfig
from model.growth import config_of, require_larger
from model.registry import Registry
from service.bodies import parse_json, receive_document
from service.error_schemas import problems
from service.errors import ApiError
from service.exchange import Exchange
from service.feeds import LOOK_SECONDS, Feed
from service.job_states import JobState
from service.lifecycle import Lifecycle
from service.routes.answers import json_answer
from service.routes.dependencies import FeedsDep, RecordsDep, ServicesDep
from service.routes.queries import only_known
from service.training_schemas import JobDocument, JobList, TrainRequest, training_config

HEARTBEAT_SECONDS = 10.0
"""After so long without an event a comment tells proxies that the connection lives."""

JobPath = Annotated[str, Path(examples=["5f0c2d9a41b7e638"])]

_EVENT_ID: dict[str, Any] = {"pattern": "^[0-9]{0,9}$"}


router = APIRouter(prefix="/train", tags=["train"], dependencies=[Depends(only_known)])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {"application/json": {"schema": TrainRequest.model_json_schema()}},
    }
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events; the data of each is the job.",
        "content": {"text/event-stream": {}},
    },
    204: {"description": "The job has ended, and Last-Event-ID was its last event."},
}


@router.post(
    "",
    status_code=202,
    operation_id="train",
    response_model=JobDocument,
    openapi_extra=_BODY,
    responses=problems(400, 401, 404, 408, 413, 429),
)
async def submit(
    request: Request,
    records: RecordsDep,
    services: ServicesDep,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> Response:
    """Ask for a training; a worker runs it. Again with the same Idempotency-Key, the same job."""
    body = await receive_document(Exchange(request.scope, request.receive))
    asked = parse_json(body) if body.strip() else {}
    owner = request.scope.get("numeral.owner", "")

    def put() -> dict[str, Any]:
        config = training_config(asked)
        who: dict[str, Any] = {"owner": owner, "key": idempotency_key}
        with records.jobs(writing=True) as jobs:
            job = jobs.asked_before(config.to_dict(), **who)
            if job is None:
                definite = pinned(config, services.serving.registry)
                job, _ = jobs.submit(definite.to_dict(), asked=config.to_dict(), **who)
            return job.as_dict()

    job = await records.in_thread(put)
    return json_answer(job, 202, {"Location": f"/train/{job['id']}"})


def pinned(config: TrainingConfig, registry: Registry) -> TrainingConfig:
    """Return the configuration with what it leaves open made definite: it means the same whenever it runs.

    Raises:
        VersionNotFound: there is no version or alias ``start_from``.
        ConfigInvalid: its network cannot grow into the one asked for.
    """
    if config.start_from is None:
        return replace(config, network=config.network or NetworkConfig())
    version = registry.resolve(config.start_from)
    if config.network is not None:
        before = config_of(*checked_architecture(registry.manifest(version)["architecture"]))
        if config.network != before:
            require_larger(before, config.network)
    return replace(config, start_from=version)


@router.get("", operation_id="list_jobs", response_model=JobList)
def newest(
    records: RecordsDep, limit: Annotated[int, Query(ge=1, le=1000)] = 50, state: JobState | None = None
) -> Response:
    """List jobs, the newest first."""
    with records.jobs() as jobs:
        return json_answer({"jobs": [job.as_dict() for job in jobs.newest(limit, state)]})


@router.get("/{job_id}", operation_id="get_job", response_model=JobDocument, responses=problems(404))
def get(records: RecordsDep, job_id: JobPath) -> Response:
    """Return a job."""
    with records.jobs() as jobs:
        return json_answer(jobs.get(job_id).as_dict())


@router.post(
    "/{job_id}/cancel",
    operation_id="cancel_job",
    response_model=JobDocument,
    responses=problems(401, 404, 409),
)
def cancel(records: RecordsDep, job_id: JobPath) -> Response:
    """Stop a job; it can be resumed."""
    with records.jobs(writing=True) as jobs:
        return json_answer(jobs.cancel(job_id).as_dict())


@router.post(
    "/{job_id}/resume",
    operation_id="resume_job",
    status_code=202,
    response_model=JobDocument,
    responses=problems(401, 404, 409, 429),
)
def resume(records: RecordsDep, job_id: JobPath) -> Response:
    """Let a cancelled or failed job go on from its last checkpoint."""
    with records.jobs(writing=True) as jobs:
        return json_answer(jobs.resume(job_id).as_dict(), 202)


@router.get(
    "/{job_id}/events",
    operation_id="follow_job",
    response_class=StreamingResponse,
    responses=_EVENTS | problems(404),
)
async def events(
    feeds: FeedsDep,
    services: ServicesDep,
    job_id: JobPath,
    last_event_id: Annotated[str | None, Header(max_length=20, json_schema_extra=_EVENT_ID)] = None,
) -> Response:
    """Follow a job: its history first, then what happens, until it ends."""
    feed, after = feeds.of(job_id), _number(last_event_id)
    new, ended = await feed.after(after)
    if ended and not new:
        return Response(status_code=204)  # tells a browser's EventSource not to come back
    stream = _stream(feed, services.lifecycle, after)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _number(last_event_id: str | None) -> int:
    if not last_event_id:
        return 0
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 9):
        raise ApiError(422, "expected the id of an event, got another string", field="Last-Event-ID")
    return int(last_event_id)


async def _stream(feed: Feed, lifecycle: Lifecycle, after: int) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    last, spoke = after, monotonic()
    while not lifecycle.draining:
        new, ended = await feed.after(last)
        for job in new:
            last, spoke = last + 1, monotonic()
            yield b"id: %d\ndata: %b\n\n" % (last, job)
        if ended:
            return
        if monotonic() - spoke > HEARTBEAT_SECONDS:
            yield b":\n\n"
            spoke = monotonic()
        await asyncio.sleep(LOOK_SECONDS)
