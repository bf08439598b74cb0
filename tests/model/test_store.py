"""The four verbs on a local folder and on an S3 server."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from model.errors import StoreUnavailable
from model.store import Store


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The endpoint of an S3 server in this process, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="numeral")
    yield endpoint
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store of either kind."""
    if request.param == "folder":
        return Store.open(tmp_path / "store")
    for name, value in {
        "AWS_ENDPOINT_URL": request.getfixturevalue("s3"), "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return Store.open(f"s3://numeral/{tmp_path.name}")


def test_create_writes_once(store: Store) -> None:
    """The second writer of a path is told that it is taken, and the first one's bytes stay."""
    assert store.create("a/b.json", b"first")
    assert not store.create("a/b.json", b"second")
    assert store.read("a/b.json", 100) == b"first"


def test_replace_delete_and_read_of_nothing(store: Store) -> None:
    """Replace overwrites; what is deleted or never was reads as None, and deleting it is no error."""
    store.replace("x", b"1")
    store.replace("x", b"2")
    assert store.read("x", 100) == b"2"
    store.delete("x")
    store.delete("x")
    assert store.read("x", 100) is None


def test_names_are_those_directly_in_a_folder(store: Store) -> None:
    """Objects and folders, not what is deeper down."""
    for path in ("f/1.json", "f/2.json", "f/deep/3.json", "other/4.json"):
        store.create(path, b"")
    assert sorted(store.names("f")) == ["1.json", "2.json", "deep"]
    assert list(store.names("nothing")) == []


def test_larger_objects_than_allowed_are_not_read(store: Store) -> None:
    """The size is looked at before the bytes."""
    store.create("big", b"12345")
    with pytest.raises(StoreUnavailable, match="at most 4 bytes, got 5"):
        store.read("big", 4)


def test_errors_tell_no_paths(tmp_path: Path) -> None:
    """A folder that is a file, and a URL of no store, are errors without the path in them."""
    (tmp_path / "file").write_text("")
    for url in (tmp_path / "file" / "below", "nonsense://x"):
        with pytest.raises(StoreUnavailable) as caught:
            Store.open(url).create("a", b"")
        assert str(tmp_path) not in str(caught.value)


def test_errors_tell_what_the_system_said(tmp_path: Path) -> None:
    """Such as that there is a file where a folder should be; still without its path."""
    store = Store.open(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable) as caught:
        store.create("file/below", b"")
    assert str(caught.value).endswith(", got: Not a directory")
    assert str(tmp_path) not in str(caught.value)


def test_a_store_behind_a_closed_port_is_said_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its address."""
    monkeypatch.setattr("model.store.RETRIES", {"max_retries": 0})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreUnavailable) as caught:
        Store.open("s3://numeral").create("a", b"")
    assert str(caught.value) == "expected the object store to answer, got: Connection refused"
