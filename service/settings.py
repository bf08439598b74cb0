"""Every setting of the service, from ``NUMERAL_…`` in the environment or from the command line."""

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from model.images import MAX_PIXELS

MEGABYTE = 1 << 20
MOST_DECODERS = 4
"""Threads that decode large pictures, unless told otherwise: on a node of many cores a container has few, and little memory."""

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
"""What a browser sends in the header Origin (RFC 6454, section 6.1): scheme, host, and the port where it is not the usual one."""


def _default_home() -> Path:
    return user_data_path("numeral", appauthor=False)


class Settings(BaseSettings):
    """What a service does not know by itself; ``NUMERAL_PORT=9000`` sets ``port``."""

    model_config = SettingsConfigDict(
        allow_inf_nan=False, env_prefix="NUMERAL_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    home: Path = Field(default_factory=_default_home, description="Holds everything the service writes.")
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=256, description="API processes that share the port.")
    no_worker: bool = Field(False, description="Start no training worker beside the API.")

    store_url: str | None = Field(
        None, description="The object store, such as s3://bucket; HOME/store without it."
    )
    database_url: str | None = Field(
        None, description="postgresql://… or sqlite:///path; HOME/numeral.sqlite without it."
    )
    api_keys_file: Path | None = Field(
        None, description="One `name key` a line. With it, everything that is not read-only needs a key."
    )

    allowed_origins: str | None = Field(
        None,
        description="Other web sites whose pages may ask whatever our own may, such as https://app.example; spaces between several.",
    )

    max_body_bytes: int = Field(
        16 * MEGABYTE, ge=1024, description="The largest body of a request for one picture."
    )
    max_batch_bytes: int = Field(
        32 * MEGABYTE, ge=1024, description="The largest body of a request for several."
    )
    max_bytes_in_flight: int = Field(
        256 * MEGABYTE,
        ge=1024,
        description="Bytes of bodies that an API process holds at once; at least one largest body always may come.",
    )
    max_batch: int = Field(256, ge=1, le=10_000, description="The most pictures in one request.")
    max_pixels: int = Field(MAX_PIXELS, ge=784, description="The most pixels a picture's header may declare.")
    head_seconds: float = Field(
        10, gt=0, description="How long a client may take to send the head of a request."
    )
    body_seconds: float = Field(30, gt=0, description="How long a client may take to send its body.")
    drain_seconds: float = Field(2, ge=0, description="How long requests are still answered after SIGTERM.")
    finish_seconds: float = Field(30, gt=0, description="How long accepted requests may take after that.")
    keep_alive_seconds: int = Field(
        75, ge=1, description="How long a connection without requests stays open."
    )
    refresh_seconds: float = Field(0.5, gt=0, le=60, description="How often the aliases are looked up.")
    least_confidence: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Abstain below this confidence, not below the one that each network names.",
    )
    abstain_share: float | None = Field(
        None,
        ge=0,
        le=0.5,
        description="Abstain so often from good digits; takes precedence over least_confidence.",
    )
    decoders: int = Field(
        default_factory=lambda: max(1, min(MOST_DECODERS, (os.cpu_count() or 1) // 2)),
        ge=1,
        le=64,
        description="Threads that decode large pictures; each may hold 9 bytes for each of max_pixels.",
    )

    queued_jobs: int = Field(
        100, ge=1, description="Training jobs that may wait; more are answered with 429."
    )
    queued_jobs_per_key: int = Field(20, ge=1, description="Training jobs of one API key that may wait.")
    running_per_key: int | None = Field(
        None, ge=1, description="Training jobs of one API key that may run at once, on all workers together."
    )
    checkpoint_seconds: float = Field(
        10, gt=0, le=3600, description="Training between two checkpoints: what is done again after a crash."
    )
    worker_niceness: int = Field(
        10,
        ge=0,
        le=19,
        description="Niceness of the training worker; higher leaves more processor time to predictions.",
    )
    silence_seconds: float = Field(
        15, ge=3, description="A worker silent for longer counts as dead although it still holds its lock."
    )
    store_seconds: float = Field(
        60, ge=0, description="How long a training job waits for a store that is full or out of reach."
    )

    log_format: Literal["json", "text"] = Field("json", description="How log lines are written.")
    log_requests: bool = Field(True, description="Write one line for each request.")

    @field_validator("home", "api_keys_file")
    @classmethod
    def _expanded(cls, path: Path | None) -> Path | None:
        """Containers and service managers hand ``~`` on as it is."""
        return path if path is None else path.expanduser()

    @field_validator("database_url")
    @classmethod
    def _of_a_known_kind(cls, url: str | None) -> str | None:
        if url is not None and not re.match(r"(postgresql(\+[a-z0-9]+)?|sqlite)://", url):
            raise ValueError("expected postgresql://… or sqlite:///path, got another URL")
        return url

    @field_validator("allowed_origins")
    @classmethod
    def _as_browsers_say_them(cls, origins: str | None) -> str | None:
        for origin in (origins or "").split():
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    "expected origins such as https://app.example:8443, in lowercase letters and without a path; got another"
                )
        return origins

    @cached_property
    def origins(self) -> frozenset[str]:
        """The origins of other web sites whose pages may ask."""
        return frozenset((self.allowed_origins or "").split())

    @cached_property
    def store(self) -> str:
        """URL or folder of the object store."""
        return self.store_url or str(self.home / "store")

    @cached_property
    def database(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{(self.home / 'numeral.sqlite').absolute()}"
