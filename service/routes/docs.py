"""``/docs``: the OpenAPI document as a page."""

from fastapi import APIRouter

router = APIRouter()
