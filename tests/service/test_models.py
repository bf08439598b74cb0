"""``/models`` and ``/aliases``."""

import httpx
import orjson
import pytest
from safetensors.numpy import load

from model.artifact import digest_of
from service.app import Numeral
from tests.service.test_serving import damage


async def test_all_versions_are_listed(tiny_client: httpx.AsyncClient) -> None:
    """With digest, aliases, time and metrics, the oldest first."""
    models = (await tiny_client.get("/models")).json()["models"]
    assert [(model["version"], model["aliases"]) for model in models] == [
        ("1", ["production", "untrained"]), ("2", [])
    ]  # fmt: skip
    for model in models:
        assert model["digest"].startswith("sha256:")
        assert model["created_at"].endswith("Z")
        assert model["metrics"] == {"validation_error": 0.9}
        assert model["error"] is None


async def test_a_version_is_shown_whole(tiny_client: httpx.AsyncClient) -> None:
    """Manifest, metrics and model card; the card alone as Markdown."""
    model = (await tiny_client.get("/models/1")).json()
    assert model["manifest"]["architecture"]["sizes"] == [784, 16, 10]
    assert model["card"].startswith("# Numeral network, version 1")
    card = await tiny_client.get("/models/1/card")
    assert card.text == model["card"]
    assert card.headers["Content-Type"].startswith("text/markdown")


async def test_the_weights_can_be_fetched(tiny_client: httpx.AsyncClient) -> None:
    """The very file whose digest the manifest names."""
    response = await tiny_client.get("/models/1/weights")
    digest = (await tiny_client.get("/models/1")).json()["digest"]
    assert digest_of(response.content) == digest
    assert response.headers["ETag"] == f'"{digest}"'
    assert load(response.content)["layers.0.weight"].shape == (784, 16)
    for known in (f'"other", W/"{digest}"', "*"):
        again = await tiny_client.get("/models/1/weights", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", f'"{digest}"')
    changed = await tiny_client.get("/models/1/weights", headers={"If-None-Match": '"other"'})
    assert changed.content == response.content


async def test_an_alias_moves_and_rolls_back(tiny_client: httpx.AsyncClient, tiny_app: Numeral) -> None:
    """The next prediction is that of the new version; rolling back leads to the one before, and ends there."""
    pixels = orjson.dumps({"pixels": [0] * 784})

    async def answering() -> str:
        response = await tiny_client.post(
            "/predict", content=pixels, headers={"Content-Type": "application/json"}
        )
        version: str = response.json()["model"]["version"]
        return version

    assert (await tiny_client.put("/aliases/production", json={"version": "2"})).json() == {
        "name": "production", "version": "2"
    }  # fmt: skip
    assert await answering() == "2"
    assert (await tiny_client.get("/aliases")).json()["aliases"]["production"] == "2"
    assert (await tiny_client.post("/aliases/production/rollback")).json()["version"] == "1"
    assert await answering() == "1"
    refused = await tiny_client.post("/aliases/production/rollback")
    assert refused.status_code == 409
    assert "earlier version" in refused.json()["error"]


async def test_a_new_alias_can_be_made_and_asked(tiny_client: httpx.AsyncClient) -> None:
    """At once."""
    assert (await tiny_client.put("/aliases/candidate", json={"version": "2"})).status_code == 200
    response = await tiny_client.post("/predict?alias=candidate", json={"pixels": [0] * 784})
    assert response.json()["model"]["version"] == "2"


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("production", {"version": "9"}, 404),
        ("production", {"version": "production"}, 404),
        ("production", {"version": 2}, 422),
        ("production", {"version": None}, 422),
        ("production", {}, 422),
        ("production", [], 422),
        ("production", {"version": "2", "more": 1}, 422),
        ("production", {"version": "2" * 30}, 404),
        ("production", {"version": "2", "why": "so"}, 422),
        ("Production", {"version": "2"}, 422),
        ("7", {"version": "2"}, 422),
        ("a" * 64, {"version": "2"}, 422),
    ],
)
async def test_a_wrong_move_is_refused(
    tiny_client: httpx.AsyncClient, name: str, body: object, status: int
) -> None:
    """And nothing moves."""
    response = await tiny_client.put(f"/aliases/{name}", json=body)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (await tiny_client.get("/aliases")).json()["aliases"] == {"production": "1", "untrained": "1"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"version": NaN}', b"[" * 10_000])
async def test_a_move_that_is_no_json_is_refused(tiny_client: httpx.AsyncClient, body: bytes) -> None:
    """With 400, whatever it says it is."""
    response = await tiny_client.put("/aliases/production", content=body)
    assert response.status_code == 400, response.text
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/models/{}", "/models/{}/weights", "/v2/models/digits/versions/{}"])
@pytest.mark.parametrize("version", ["9", "9" * 21, "01", "\N{ARABIC-INDIC DIGIT THREE}"])
async def test_what_is_no_version_is_not_found(
    tiny_client: httpx.AsyncClient, path: str, version: str
) -> None:
    """However long it is, and whatever figures it is written in."""
    response = await tiny_client.get(path.format(version))
    assert response.status_code == 404, response.text
    assert "version" in response.json()["error"]


@pytest.mark.parametrize(
    "path", ["/models?limit=1", "/train?foo=1", "/train?limit=1&limit=2", "/train/x?a=1", "/examples?one=1"]
)
async def test_parameters_that_a_route_does_not_have_are_refused(
    tiny_client: httpx.AsyncClient, path: str
) -> None:
    """As on the straight way; and none may come twice."""
    response = await tiny_client.get(path)
    assert response.status_code == 422, response.text
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/health/ready", "/models", "/models/1", "/metrics", "/v2/health/live", "/docs"]
)
async def test_head_is_answered_as_get_is(tiny_client: httpx.AsyncClient, path: str) -> None:
    """With the same head; the server leaves the body out."""
    asked, got = await tiny_client.head(path), await tiny_client.get(path)
    assert asked.status_code == got.status_code == 200
    assert asked.headers["Content-Type"] == got.headers["Content-Type"]


async def test_the_head_of_events_is_refused(tiny_client: httpx.AsyncClient) -> None:
    """It would have no end."""
    assert (await tiny_client.head("/train/x/events")).status_code == 405


async def test_a_broken_version_is_listed_with_its_reason(
    tiny_client: httpx.AsyncClient, tiny_app: Numeral
) -> None:
    """And cannot be promoted."""
    registry = tiny_app.services.serving.registry
    damage(tiny_app.services.settings.home / "store", registry, "2")
    response = await tiny_client.put("/aliases/production", json={"version": "2"})
    assert response.status_code == 409
    models = (await tiny_client.get("/models")).json()["models"]
    assert [model["error"] is None for model in models] == [True, False]
    assert "digest" in models[1]["error"]
    assert (await tiny_client.get("/aliases")).json()["aliases"]["production"] == "1"


async def test_a_version_without_a_whole_manifest_is_listed_too(
    tiny_client: httpx.AsyncClient, tiny_app: Numeral
) -> None:
    """A torn manifest hides neither the version nor the others."""
    (tiny_app.services.settings.home / "store" / "models" / "2" / "manifest.json").write_text("{")
    models = (await tiny_client.get("/models")).json()["models"]
    assert [model["digest"] is None for model in models] == [False, True]
    assert models[1]["error"] is not None
    detail = await tiny_client.get("/models/2")
    assert (detail.status_code, detail.json()["manifest"]) == (200, None)
    assert (await tiny_client.get("/models/2/weights")).status_code == 409
