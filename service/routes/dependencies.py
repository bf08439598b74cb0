"""What the routes of FastAPI are given of the application's parts."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from service.feeds import Feeds
from service.records import Records
from service.services import Services


def services_of(request: Request) -> Services:
    """Return what the application that got this request works with."""
    services: Services = request.app.state.services
    return services


def records_of(request: Request) -> Records:
    """Return the records of the application that got this request."""
    records: Records = request.app.state.records
    return records


def feeds_of(request: Request) -> Feeds:
    """Return the feeds of the application that got this request."""
    feeds: Feeds = request.app.state.feeds
    return feeds


ServicesDep = Annotated[Services, Depends(services_of)]
RecordsDep = Annotated[Records, Depends(records_of)]
FeedsDep = Annotated[Feeds, Depends(feeds_of)]
