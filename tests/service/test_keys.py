"""API keys: who may do more than read."""

import os
import threading
from pathlib import Path

import pytest

from model.errors import ConfigInvalid
from service.app import create_app
from service.errors import ApiError
from service.keys import Keys
from service.settings import Settings
from tests.service.conftest import client_of
from tests.service.pictures_of_digits import digits, png

KEY, OTHER = "a-key-of-sixteen-characters", "another-key-of-characters"
PICTURE = png(digits(1)[0])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one key."""
    path = tmp_path / "keys"
    path.write_text(f"# who may\n\nalice {KEY}\n")
    return path


def test_without_a_file_everybody_may() -> None:
    """Nobody needs a key then."""
    assert not Keys(None).needed


def test_a_key_tells_its_owner(file: Path) -> None:
    """In either header, the scheme in any case."""
    keys = Keys(file)
    assert keys.owner(f"Bearer {KEY}".encode(), None) == "alice"
    assert keys.owner(f"bearer  {KEY}".encode(), None) == "alice"
    assert keys.owner(None, KEY.encode()) == "alice"


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [(None, None), (b"", None), (b"Bearer", None), (b"Bearer ", None), (b"Basic YTpi", None), (None, b""),
     (b"Bearer " + OTHER.encode(), None), (None, KEY[:-1].encode()), (None, b"\xff\xfe"), (None, b"alice")],
)  # fmt: skip
def test_whatever_else_is_refused(file: Path, authorization: bytes | None, api_key: bytes | None) -> None:
    """With 401 and what is wanted, without what came."""
    with pytest.raises(ApiError, match="expected an API key") as refused:
        Keys(file).owner(authorization, api_key)
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_changed_file_is_read_again(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A new key holds and an old one does not, without a restart; a file that is gone or torn changes nothing."""
    keys = Keys(file)
    file.write_text(f"bob {OTHER}\n")
    os.utime(file, ns=(1, 1))
    keys.look()
    assert keys.owner(None, OTHER.encode()) == "bob"
    with pytest.raises(ApiError):
        keys.owner(None, KEY.encode())
    file.unlink()
    keys.look()
    keys.look()
    assert caplog.messages == ["the file of API keys cannot be read: No such file or directory"]
    assert keys.owner(None, OTHER.encode()) == "bob"
    file.write_bytes(b"\xff\xfe")
    keys.look()
    assert keys.owner(None, OTHER.encode()) == "bob"


def test_a_file_seen_without_keys_takes_none_away(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever writes it anew empties it first; what it says once it holds keys counts."""
    keys = Keys(file)
    file.write_text("")
    keys.look()
    keys.look()
    assert keys.owner(None, KEY.encode()) == "alice"
    assert caplog.messages == ["expected a key in the file of API keys, got none; those of before hold"]
    file.write_text(f"bob {OTHER}\n")
    keys.look()
    assert keys.owner(None, OTHER.encode()) == "bob"


def test_a_file_that_is_not_there_at_the_start_is_an_error(tmp_path: Path) -> None:
    """That names the setting: a service with a misspelled file would refuse everybody."""
    with pytest.raises(
        ConfigInvalid, match="NUMERAL_API_KEYS_FILE: expected a file that can be read, got: No such"
    ):
        Keys(tmp_path / "nowhere")


def test_no_request_waits_for_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread reads it, as long as the service runs."""
    monkeypatch.setattr("service.keys.LOOK_EVERY", 0.01)
    keys, readers, looked = Keys(file), set(), threading.Event()

    def read(_keys: Keys, _path: Path) -> None:
        readers.add(threading.current_thread())
        looked.set()

    monkeypatch.setattr(Keys, "_read", read)
    keys.start()
    assert looked.wait(20)
    assert keys.owner(None, KEY.encode()) == "alice"
    keys.stop()
    assert threading.current_thread() not in readers
    assert not any(reader.is_alive() for reader in readers)


def test_lines_that_are_no_keys_are_named_by_number(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A short key is a typing error, and no key."""
    file.write_text(f"alice {KEY}\nbob short\ncarol\n")
    keys = Keys(file)
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == [2, 3]
    with pytest.raises(ApiError):
        keys.owner(None, b"short")


async def test_reading_is_free_and_everything_else_needs_a_key(file: Path, tmp_path: Path) -> None:
    """GET needs none; predictions, aliases and trainings do, before their bodies are looked at."""
    app = create_app(Settings(home=tmp_path / "home", api_keys_file=file))
    app.services.serving.refresh()
    headers = {"Content-Type": "image/png"}
    async with client_of(app) as client:
        for path in (
            "/models",
            "/aliases",
            "/health/live",
            "/health/ready",
            "/metrics",
            "/openapi.json",
            "/docs",
        ):
            assert (await client.get(path)).status_code == 200, path
        for method, path in (
            ("POST", "/predict"), ("POST", "/predict/batch"), ("POST", "/explain"), ("PUT", "/aliases/production"),
            ("POST", "/aliases/production/rollback"), ("POST", "/train"), ("POST", "/nowhere"),
        ):  # fmt: skip
            refused = await client.request(method, path, content=PICTURE, headers=headers)
            assert refused.status_code == 401, path
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        allowed = await client.post(
            "/predict", content=PICTURE, headers=headers | {"Authorization": f"Bearer {KEY}"}
        )
        assert allowed.status_code == 200
    document = app.api.openapi()
    for method, path, needed in (
        ("get", "/models", False),
        ("post", "/predict", True),
        ("post", "/train", True),
    ):
        named = document["paths"][path][method].get("security", [])
        assert {name for choice in named for name in choice} == ({"bearer", "api_key"} if needed else set())
    assert {scheme["type"] for scheme in document["components"]["securitySchemes"].values()} == {
        "http",
        "apiKey",
    }
    app.close()
