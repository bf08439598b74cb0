"""The metrics of two API processes, scraped under load."""

import random
import threading
from pathlib import Path
from time import sleep

import httpx
from prometheus_client.parser import text_string_to_metric_families

from service.edge import GATHER
from tests.service.pictures_of_digits import digits, png
from tests.service.server_process import running_server

SCRAPES, CLIENTS, REQUESTS = 100, 2, 120
UNUSED = httpx.create_ssl_context()
"""Made once: making it takes longer than the requests."""

GROWING = ("_total", "_bucket", "_count", "_sum")


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of ours by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("numeral_")
    }


def client_at_work(url: str, seed: int) -> None:
    """Send predictions and nonsense, each over a connection of its own, so that both processes get some."""
    rng, picture = random.Random(seed), png(digits(1)[0])
    for _ in range(REQUESTS):
        with httpx.Client(base_url=url, timeout=60, verify=UNUSED) as client:
            answer = client.post("/predict", content=picture, headers={"Content-Type": "image/png"})
            assert answer.json()["digit"] == 7
            assert client.get(f"/{rng.randbytes(8).hex()}?{rng.random()}").status_code == 404


def test_two_processes_count_as_one(tmp_path: Path) -> None:
    """No scrape goes backwards, all add up to what was sent, and no path makes a new label."""
    with running_server(tmp_path, "--workers", "2") as server:
        threads = [
            threading.Thread(target=client_at_work, args=(server.url, seed)) for seed in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        before: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
        for _ in range(SCRAPES):
            now = samples(httpx.get(server.url + "/metrics", timeout=60, verify=UNUSED).text)
            fallen = {
                key: (old, now.get(key, -1.0))
                for key, old in before.items()
                if key[0].endswith(GROWING) and now.get(key, -1.0) < old
            }
            assert not fallen
            before = now
        for thread in threads:
            thread.join()
        sleep(
            5 * GATHER
        )  # the process that is asked counts what it answered itself; the other does so by the clock
        first, last = before, samples(httpx.get(server.url + "/metrics", timeout=60).text)

    def requests(route: str, status: str) -> float:
        return last["numeral_requests_total", (("route", route), ("status", status))]

    sent = CLIENTS * REQUESTS
    assert requests("/predict", "2xx") == sent
    assert requests("other", "4xx") == sent
    assert last["numeral_request_seconds_count", (("route", "/predict"),)] == sent
    assert last["numeral_confidence_count", ()] == sent
    assert sum(v for (name, _), v in last.items() if name == "numeral_predictions_total") == sent
    assert last["numeral_processes_serving", (("version", "1"),)] == 2
    assert {key for key in last if key[0] == "numeral_requests_total"} == {
        key for key in first if key[0] == "numeral_requests_total"
    }
