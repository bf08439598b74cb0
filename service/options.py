"""What a query asks for, and what of it may stand in the body as well."""

from dataclasses import dataclass
from typing import Any

from model.errors import ConfigInvalid
from model.predictor import Policy, Predictor, Reading
from model.registry import is_version
from service.errors import ApiError
from service.exchange import Exchange
from service.numbers import whole

INCLUDES = ("image", "layers")
LABELS = frozenset("0123456789")
POLICY = ("least_confidence", "abstain_share")


@dataclass(frozen=True, slots=True)
class Options:
    """A network by version or alias, what to include, and when to abstain, if not as the server does by itself."""

    name: str | None = None
    include: tuple[str, ...] = ()
    policy: Policy | None = None

    def judged(self, reading: Reading, predictor: Predictor) -> Reading:
        """Return a reading under the policy asked for.

        Raises:
            ApiError: 409, a share is asked for, and the network was not calibrated.
        """
        if self.policy is None:
            return reading
        try:
            least = predictor.least_confidence(self.policy)
        except ConfigInvalid as error:
            raise ApiError(409, str(error), field=error.field) from None
        return reading.at(least)


DEFAULTS = Options()


def options_of(exchange: Exchange, *more: str) -> Options:
    """Return what the query asks for.

    Args:
        exchange: the request.
        more: names of parameters that somebody else reads.

    Raises:
        ApiError: 404, a version or alias that cannot be; 409, both; 422, a value out of range.
    """
    if not exchange.scope["query_string"]:
        return DEFAULTS
    query = exchange.query("include", "version", "alias", *POLICY, *more)
    if "version" in query and "alias" in query:
        raise ApiError(409, "expected either version or alias in the query, got both")
    include = tuple(query["include"].split(",")) if query.get("include") else ()
    if not set(include) <= set(INCLUDES):
        raise ApiError(422, "expected include to name image, layers or both, got another", field="include")
    return Options(_name(query), include, _policy(query))


def _name(query: dict[str, str]) -> str | None:
    version, alias = query.get("version"), query.get("alias")
    if version is not None and not is_version(version):
        raise ApiError(404, "expected a version that exists, got one that does not")
    if alias is not None and alias[:1].isdecimal():
        raise ApiError(404, "expected an alias that exists, got one that does not")
    return version if version is not None else alias


def _policy(query: dict[str, str]) -> Policy | None:
    given = {name: _number(name, query[name]) for name in POLICY if name in query}
    if not given:
        return None
    try:
        return Policy(**given)
    except ConfigInvalid as error:
        raise ApiError(422, str(error), field=error.field) from None


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ApiError(422, f"expected {name} to be a number, got another value", field=name) from None


def label_of(query: str | None, member: object) -> int | None:
    """Return the label, 0 to 9, in the query or in the body; None if it is in neither.

    Raises:
        ApiError: 422, another value; 409, one in the query and another one in the body.
    """
    member = whole(member)
    if (query is not None and query not in LABELS) or (
        member is not None and (type(member) is not int or not 0 <= member <= 9)
    ):
        raise ApiError(422, "expected label to be a digit from 0 to 9, got another value", field="label")
    label: int | None = agreed("label", None if query is None else int(query), member)
    return label


def agreed(name: str, query: Any, member: Any) -> Any:
    """Return the value in the query or in the body; None if it is in neither.

    Raises:
        ApiError: 409, they are there both and differ.
    """
    if query is not None and member is not None and query != member:
        raise ApiError(
            409, f"expected {name} once, got it in the query and, different, in the body", field=name
        )
    return member if query is None else query
