"""What uvicorn itself costs: an ASGI function that reads the body and returns 400 bytes."""

from typing import Any

BODY = b'{"digit": 7}'.ljust(400)
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"400")]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
