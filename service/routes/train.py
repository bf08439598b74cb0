"""``/train``: training jobs."""

from typing import NoReturn

from fastapi import APIRouter

from service.errors import ApiError
from service.hot import problems

router = APIRouter(tags=["train"])


@router.post(
    "/train", operation_id="train", status_code=202, response_model=None, responses={**problems(501)}
)
async def train() -> NoReturn:
    """Ask for a training."""
    raise ApiError(501, "expected a service that trains, got one that only reads; use `numeral train`")
