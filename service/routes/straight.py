"""The routes on the straight way: plain functions by method and path, which answer before FastAPI is there."""

from service.exchange import Handler
from service.protocols.descriptions import MODEL
from service.routes.explain import Explain
from service.routes.health import Health
from service.routes.predict import Predict
from service.routes.v1 import Instances
from service.routes.v2 import Infer
from service.services import Services


def handlers_of(services: Services) -> dict[tuple[str, str], Handler]:
    """Return the function that answers, by method and path."""
    predict, explain, health = Predict(services), Explain(services), Health(services)
    infer, instances = Infer(services), Instances(services)
    return {
        ("POST", "/predict"): predict.one,
        ("POST", "/predict/batch"): predict.batch,
        ("POST", "/explain"): explain.one,
        ("POST", f"/v2/models/{MODEL}/infer"): infer,
        ("POST", f"/v1/models/{MODEL}:predict"): instances.predict,
        ("POST", f"/v1/models/{MODEL}:explain"): instances.explain,
        ("GET", "/health/live"): health.live,
        ("GET", "/health/ready"): health.ready,
        ("GET", "/v2/health/live"): health.v2_live,
        ("GET", "/v2/health/ready"): health.v2_ready,
    }
