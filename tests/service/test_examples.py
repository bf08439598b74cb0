"""``/examples`` over HTTP: kept once, in whatever body they come, durably, and given back."""

import base64
import io
import os
import signal
import struct
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from model.errors import StoreUnavailable
from model.sources import load_test
from model.store import Store
from service import png
from service.app import Numeral, create_app
from service.example import Example
from service.pictures import Pictures, Prepared
from service.settings import Settings
from tests.service.conftest import client_of, loaded
from tests.service.databases import free_port
from tests.service.homes import full_disk, until

DIGITS = load_test()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Numeral]:
    """An application without examples."""
    with loaded(Settings(home=tmp_path)) as app:
        yield app


@pytest.fixture
async def client(app: Numeral) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    async with client_of(app) as client:
        yield client


def originals(home: Path, example: str) -> list[bytes]:
    """What the store keeps of an example, as it was sent."""
    return [file.read_bytes() for file in (home / "store" / "examples" / example).iterdir()]


def png_of(i: int) -> bytes:
    """A test digit as a PNG."""
    return png.encode(DIGITS.images[i])


async def add(
    client: httpx.AsyncClient, body: bytes, label: int | None, kind: str = "image/png"
) -> httpx.Response:
    """Send a picture with its label."""
    params = {} if label is None else {"label": label}
    return await client.post("/examples", params=params, content=body, headers={"Content-Type": kind})


async def test_a_new_example_is_created_and_counted(client: httpx.AsyncClient) -> None:
    """201 with its id and label; the counts name every digit."""
    answer = await add(client, png_of(0), 7)
    assert answer.status_code == 201
    assert answer.json()["label"] == 7
    counts = (await client.get("/examples")).json()
    assert counts == {"total": 1, "per_label": {str(d): int(d == 7) for d in range(10)}}


async def test_the_same_picture_in_any_body_is_the_same_example(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Raw, as a form, in base64, as a data URL, as pixels: one example, and the newest label holds."""
    picture, pixels = png_of(0), DIGITS.images[0].tolist()
    text = base64.b64encode(picture).decode()
    first = await add(client, picture, 1)
    again = [
        await add(client, picture, 2, "application/octet-stream"),
        await client.post("/examples", params={"label": 3}, files={"file": ("x.png", picture)}),
        await client.post("/examples", data={"label": "3"}, files={"file": ("x.png", picture)}),
        await client.post("/examples", params={"label": 4}, json={"image": text}),
        await client.post("/examples", json={"image": f"data:image/png;base64,{text}", "label": 5}),
        await client.post("/examples", params={"label": 6}, json={"pixels": pixels}),
    ]
    assert [answer.status_code for answer in again] == [200] * 6
    assert {answer.json()["id"] for answer in again} == {first.json()["id"]}
    counts = (await client.get("/examples")).json()
    assert (counts["total"], counts["per_label"]["6"]) == (1, 1)
    assert originals(tmp_path, first.json()["id"]) == [picture]


@pytest.mark.parametrize("label", [None, -1, 10])
async def test_an_example_needs_a_label_from_0_to_9(client: httpx.AsyncClient, label: int | None) -> None:
    """Anything else is refused, and the label is named."""
    answer = await add(client, png_of(0), label)
    assert (answer.status_code, answer.json()["field"]) == (422, "label")


async def test_contradicting_labels_are_refused(client: httpx.AsyncClient) -> None:
    """One in the query and another in the body."""
    body = {"pixels": DIGITS.images[0].tolist(), "label": 3}
    assert (await client.post("/examples", params={"label": 4}, json=body)).status_code == 409


async def test_what_is_no_picture_of_a_digit_is_refused(client: httpx.AsyncClient) -> None:
    """With the status that /predict gives it; a blank picture teaches nothing."""
    assert (await add(client, b"GIF87a", 1)).status_code == 400
    assert (await add(client, b"%PDF", 1)).status_code == 415
    assert (await add(client, b"x", 1, "text/plain")).status_code == 415
    assert (
        await client.post("/examples", params={"label": 1}, json={"pixels": [0] * 784})
    ).status_code == 422
    assert (await client.get("/examples")).json()["total"] == 0


async def test_predicting_keeps_nothing(client: httpx.AsyncClient) -> None:
    """Only who sends an example gives one."""
    await client.post("/predict", content=png_of(0), headers={"Content-Type": "image/png"})
    assert (await client.get("/examples")).json()["total"] == 0


async def test_a_deleted_example_leaves_nothing(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """Neither in the database nor in the store; a second time it is unknown."""
    example = (await add(client, png_of(0), 7)).json()["id"]
    folder = tmp_path / "store" / "examples" / example
    assert len(list(folder.iterdir())) == 1
    assert (await client.delete(f"/examples/{example}")).status_code == 204
    assert not folder.exists() or not list(folder.iterdir())
    assert (await client.delete(f"/examples/{example}")).status_code == 404
    assert (await client.get("/examples")).json()["total"] == 0


async def test_an_example_whose_original_cannot_be_deleted_stays(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store does not answer; when it does again, the same request leaves nothing."""
    example = (await add(client, png_of(0), 7)).json()["id"]

    def unreachable(*_: object) -> None:
        raise StoreUnavailable("expected the object store to answer, got: Timeout")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "delete", unreachable)
        assert (await client.delete(f"/examples/{example}")).status_code == 503
    assert (await client.get("/examples")).json()["total"] == 1
    assert (await client.delete(f"/examples/{example}")).status_code == 204
    assert (await client.get("/examples")).json()["total"] == 0
    assert not [path for path in (tmp_path / "store" / "examples").rglob("*") if path.is_file()]


async def test_examples_are_listed_and_shown(client: httpx.AsyncClient) -> None:
    """With a limit the newest are listed, by label if asked; each can be seen as the network sees it."""
    ids = [(await add(client, png_of(i), i % 2)).json()["id"] for i in range(3)]
    listed = (await client.get("/examples", params={"limit": 10, "label": 0})).json()["examples"]
    assert {example["id"] for example in listed} == {ids[0], ids[2]}
    image = await client.get(f"/examples/{ids[0]}/image")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(image.content))).ravel(), DIGITS.images[0])
    assert (await client.get("/examples/none/image")).status_code == 404


async def test_a_label_of_no_list_is_refused(client: httpx.AsyncClient) -> None:
    """The counts are of every digit; only a list can be of one."""
    for params in ({"label": 7}, {"label": 7, "limit": 0}):
        answer = await client.get("/examples", params=params)
        assert (answer.status_code, answer.json()["field"]) == (409, "label")
        assert "expected limit beside label" in answer.json()["error"]


async def test_an_export_without_room_says_so(client: httpx.AsyncClient) -> None:
    """A full disk is 503, not a broken archive; with room again it is whole."""
    await add(client, png_of(0), 7)
    with full_disk(100):
        answer = await client.get("/examples/export")
    assert (answer.status_code, answer.json()["error"]) == (
        503,
        "expected room on the disk for the archive, got none",
    )
    assert (await client.get("/examples/export")).status_code == 200


async def test_an_export_is_an_archive_that_brings_the_same_examples_back(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """Exported, deleted, and sent back, they are the same, ids and labels."""
    ids = {(await add(client, png_of(i), int(DIGITS.labels[i]))).json()["id"] for i in range(20)}
    counts = (await client.get("/examples")).json()
    archive = await client.get("/examples/export")
    assert archive.headers["content-type"] == "application/zip"
    for example in ids:
        await client.delete(f"/examples/{example}")
    answer = await add(client, archive.content, None, "application/zip")
    assert answer.json() == {"new": 20, "known": 0, "refused": 0, "refusals": []}
    assert (await client.get("/examples")).json() == counts
    again = await add(client, archive.content, None, "application/zip")
    assert (again.json()["new"], again.json()["known"]) == (0, 20)


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


async def test_an_archive_keeps_the_good_and_names_the_bad(client: httpx.AsyncClient) -> None:
    """Folders above do not matter, files that are no pictures are passed over, and each refusal says which and why."""
    files = {
        "set/3/a.png": png_of(0),
        "4/b.png": png_of(1),
        "__MACOSX/3/._a.png": b"\0",
        "readme.txt": b"hello",
        "10/c.png": png_of(2),
        "5/torn.png": png_of(3)[:50],
        "6/blank.png": png.encode(np.zeros(784, np.uint8)),
    }
    answer = (await add(client, zipped(files), None, "application/zip")).json()
    assert (answer["new"], answer["refused"]) == (2, 3)
    assert [refusal["entry"] for refusal in answer["refusals"]] == [5, 6, 7]
    assert "a folder 0 to 9" in answer["refusals"][0]["error"]


async def test_an_archive_is_decoded_where_nobody_waits_for_the_database(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the one thread for many pictures: archives would keep all threads of the records for a long time."""
    threads: set[str] = set()
    prepare_now = Pictures.prepare_now

    def watched(pictures: Pictures, data: bytes) -> Prepared:
        threads.add(threading.current_thread().name)
        return prepare_now(pictures, data)

    monkeypatch.setattr(Pictures, "prepare_now", watched)
    files = {f"1/{i}.png": png_of(i) for i in range(3)}
    assert (await add(client, zipped(files), None, "application/zip")).json()["new"] == 3
    assert threads == {"bulk_0"}


async def refused(client: httpx.AsyncClient, archive: bytes) -> dict[str, Any]:
    """What becomes of an archive in which nothing is good."""
    answer = await add(client, archive, None, "application/zip")
    document: dict[str, Any] = answer.json()
    assert (await client.get("/examples")).json()["total"] == 0
    return {"status": answer.status_code, **document}


async def test_archives_that_are_bombs_are_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they declare counts for nothing: what comes out of them is counted."""
    assert (await refused(client, b"PK\x03\x04 no archive"))["status"] == 400
    monkeypatch.setattr("service.archives.LARGEST_ENTRY", 1000)
    one = await refused(client, zipped({"1/a.png": bytes(1001)}))
    assert "at most 1000 bytes" in one["refusals"][0]["error"]
    monkeypatch.setattr("service.archives.LARGEST_TOTAL", 5000)
    assert (await refused(client, zipped({f"1/{i}.png": bytes(1000) for i in range(6)})))["status"] == 413


async def test_too_many_entries_are_refused_before_they_are_listed(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object of each would take far more memory than the archive."""
    four, three = (zipped({f"1/{i}.png": b"x" for i in range(n)}) for n in (4, 3))
    monkeypatch.setattr("service.archives.MOST_ENTRIES", 3)
    assert (await refused(client, three))["refused"] == 3
    monkeypatch.setattr("service.archives.zipfile.ZipFile", None)
    assert (await refused(client, four))["status"] == 413


async def test_an_entry_that_lies_about_its_size_is_refused(client: httpx.AsyncClient) -> None:
    """It declares ten bytes and unpacks to a hundred thousand."""
    archive = bytearray(zipped({"1/a.png": bytes(100_000)}))
    for place in (22, archive.index(b"PK\x01\x02") + 24):
        archive[place : place + 4] = struct.pack("<I", 10)
    assert (await refused(client, bytes(archive)))["refused"] == 1


def at_a_place_in_eight_bytes(place: int) -> bytes:
    """An archive whose only entry is declared to lie there."""
    archive = bytearray(zipped({"1/a.png": png_of(0)}))
    central, end = archive.index(b"PK\x01\x02"), archive.index(b"PK\x05\x06")
    extra = struct.pack("<HHQ", 1, 8, place)
    archive[central + 30 : central + 32] = struct.pack("<H", len(extra))
    archive[central + 42 : central + 46] = b"\xff" * 4  # it stands in the extra field
    archive[end + 12 : end + 16] = struct.pack("<I", end - central + len(extra))
    archive[end:end] = extra
    return bytes(archive)


async def test_a_place_that_no_file_has_is_refused(client: httpx.AsyncClient) -> None:
    """The entry is as good as damaged."""
    answer = await refused(client, at_a_place_in_eight_bytes(2**64 - 1))
    assert answer["refusals"] == [{"entry": 1, "error": "expected a whole file, got a damaged one"}]


async def test_gigapixels_in_small_files_are_refused(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pictures of an archive together may have so many pixels; what came before is kept, and said."""
    monkeypatch.setattr("service.routes.examples.MOST_PIXELS_IN_BULK", 1_000_000)
    file = io.BytesIO()
    picture = Image.new("L", (900, 900))
    picture.paste(255, (300, 300, 400, 600))
    picture.save(file, "PNG")
    answer = await add(
        client, zipped({f"1/{i}.png": file.getvalue() for i in range(4)}), None, "application/zip"
    )
    assert answer.status_code == 200
    found = answer.json()
    assert (found["new"], found["known"], found["refused"]) == (1, 1, 2)
    assert "pixels in all pictures" in found["refusals"][0]["error"]


@pytest.mark.parametrize("torn", [False, True])
async def test_the_pixels_of_refused_pictures_count(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, *, torn: bool
) -> None:
    """A blank one, and one that is torn at its end, took as long to decode as a good one."""
    monkeypatch.setattr("service.routes.examples.MOST_PIXELS_IN_BULK", 1_000_000)
    file = io.BytesIO()
    Image.new("L", (900, 900)).save(file, "PNG")
    picture = file.getvalue()[:-20] if torn else file.getvalue()
    found = await refused(client, zipped({f"1/{i}.png": picture for i in range(3)}))
    assert [("in all pictures" in refusal["error"]) for refusal in found["refusals"]] == [False, False, True]


async def test_an_encrypted_entry_is_refused(client: httpx.AsyncClient) -> None:
    """There is no password to try."""
    archive = bytearray(zipped({"1/a.png": png_of(0)}))
    for place in (6, archive.index(b"PK\x01\x02") + 8):
        archive[place] |= 1
    assert (await refused(client, bytes(archive)))["refused"] == 1


async def test_an_original_is_kept_once(client: httpx.AsyncClient, tmp_path: Path) -> None:
    """Another file of the same picture adds nothing to the store."""
    example = (await add(client, png_of(0), 7)).json()["id"]
    chunk = b"tEXtComment\0again"
    extra = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    picture = png_of(0)
    other = picture[:33] + extra + picture[33:]
    assert (await add(client, other, 7)).status_code == 200
    assert originals(tmp_path, example) == [picture]


def test_examples_survive_the_death_of_the_service(tmp_path: Path) -> None:
    """Whatever was acknowledged before a kill -9 is there once afterwards, with the label that was acknowledged."""
    port = free_port()
    command: list[str | Path] = [Path(sys.executable).parent / "numeral", "serve", "--no-worker"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--home", tmp_path], stderr=subprocess.DEVNULL, start_new_session=True
    )
    acknowledged: dict[str, int] = {}
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, timeout=60) as client:
        until(lambda: _is_ready(client))
        for i in range(60):
            label = int(DIGITS.labels[i])
            answer = client.post("/examples", params={"label": label}, content=png_of(i))
            acknowledged[answer.json()["id"]] = label
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    app = create_app(Settings(home=tmp_path))
    with app.records.examples() as examples:
        found = {example.id: example.label for example in examples.each()}
        assert len(examples.dataset()) == len(found)
    app.close()
    assert len(acknowledged) == 60
    assert found == acknowledged


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def test_two_pictures_have_two_ids() -> None:
    """An id names the pixels and nothing else."""
    first, second = Example(DIGITS.images[0], 1), Example(DIGITS.images[1], 1)
    assert first.id != second.id
    assert first.id == Example(DIGITS.images[0].copy(), 2, b"x").id
