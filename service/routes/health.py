"""Whether the process lives, and whether it should get requests: ``/health``, and ``/v2/health`` as the protocol has it."""

import orjson

from service.exchange import Answer, Exchange
from service.services import Services


class Health:
    """Answers whoever looks after the process."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def live(self, _: Exchange) -> Answer:
        """Say that the process answers."""
        return Answer(orjson.dumps({"status": "live"}))

    async def ready(self, _: Exchange) -> Answer:
        """Say whether to send requests here."""
        reason = self._services.reason_not_ready
        if reason is not None:
            return Answer(orjson.dumps({"status": "not_ready", "reason": reason}), 503)
        current = self._services.serving.current
        version = {"version": current.version} if current else {}
        return Answer(orjson.dumps({"status": "ready", **version}))

    async def v2_live(self, _: Exchange) -> Answer:
        """Say that the process answers."""
        return Answer(orjson.dumps({"live": True}))

    async def v2_ready(self, _: Exchange) -> Answer:
        """Say whether to send requests here."""
        reason = self._services.reason_not_ready
        if reason is not None:
            return Answer(orjson.dumps({"error": f"expected to be ready, got {reason}"}), 503)
        return Answer(orjson.dumps({"ready": True}))
