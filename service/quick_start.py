"""Makes the start quicker by skipping work of pydantic and FastAPI that this service does not need."""

import os

from pydantic import BaseModel


def without_plugins() -> None:
    """Keep pydantic from looking through every installed package for plugins, unless the environment says which it shall leave out."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def spare() -> None:
    """Let models be built when they are first used; to be called before FastAPI is imported.

    Most of them only describe: they are FastAPI's, for the OpenAPI document, and ours, for the answers in it. Building them all was a
    fifth of the start.
    """
    without_plugins()
    BaseModel.model_config["defer_build"] = True
