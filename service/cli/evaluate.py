"""``numeral evaluate``: how well, and how honestly, a version reads MNIST's test digits and any folder of pictures."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from service.cli.figures import percent
from service.cli.output import HomeOption, JsonOption, plain_errors, say, say_json
from service.cli.remote import KeyOption

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.arrays import Bytes
    from model.assessment import Assessment, Curve
    from model.dataset import Dataset
    from model.predictor import Policy, Predictor


def evaluate(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Pictures LABEL/*.png or LABEL_*.png; a folder without labels holds no digits."),
    ] = None,
    version: Annotated[str, typer.Option(help="A version or alias.")] = "production",
    url: Annotated[
        str | None, typer.Option(help="Ask this service for its answers instead of reading here.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a report with pictures and charts to this HTML file.")
    ] = None,
    robustness: Annotated[
        bool | None,
        typer.Option(
            help="Measure turned, scaled, shifted, blurred, … digits too.", show_default="with --report"
        ),
    ] = None,
    least_confidence: Annotated[
        float | None,
        typer.Option(help="Abstain from what is less sure than this.", show_default="the version's own"),
    ] = None,
    abstain_share: Annotated[
        float | None,
        typer.Option(help="Abstain from this share of good digits.", show_default="the version's own"),
    ] = None,
    home: HomeOption = None,
    api_key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a version: test error, calibration, abstentions, robustness; on MNIST's test digits and on your pictures."""
    with _uncollected(), plain_errors(as_json=as_json), ExitStack() as stack:
        from model.predictor import Policy

        policy = Policy(least_confidence, abstain_share)
        subject: _Subject = (
            _asked(stack, url, api_key, version, policy, pictures=report is not None)
            if url
            else _Local(_predictor(home, version, policy))
        )
        sets = _sets(subject, folders or [])
        curves = _curves(subject) if (report is not None if robustness is None else robustness) else []
        if report is not None:
            _write(report, subject.model, sets, curves)
        result = _result(subject.model, sets, curves)
        if as_json:
            say_json(result)
        else:
            _print(result, report)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage: imports and readings make a million objects and almost none of it, and the search takes 5 % of the run."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class _Subject(Protocol):
    """What is measured: a network in this process, or a running service."""

    @property
    def model(self) -> dict[str, str]: ...

    def digits(self, data: "Dataset", name: str) -> "Assessment": ...

    def folder(self, folder: Path) -> "Assessment": ...

    def changed(self, pictures: "Sequence[Bytes]") -> "NDArray[np.int8]": ...


class _Local:
    """A network in this process."""

    def __init__(self, predictor: "Predictor") -> None:
        from model.assessing import reader_of
        from model.robustness import digit_reader

        self._predictor = predictor
        self._read, self.changed = reader_of(predictor), digit_reader(predictor)
        self.model = {"version": predictor.version, "digest": predictor.digest}

    def digits(self, data: "Dataset", name: str) -> "Assessment":
        from model.assessing import assess_digits

        return assess_digits(self._predictor, data, name)

    def folder(self, folder: Path) -> "Assessment":
        from model.assessing import assess_folder

        return assess_folder(self._read, folder)


def _predictor(home: Path | None, version: str, policy: "Policy") -> "Predictor":
    from model.predictor import Predictor
    from service.cli.models import open_registry

    registry = open_registry(home)
    return Predictor(registry.load(registry.resolve(version)), policy)


def _asked(
    stack: ExitStack, url: str, api_key: str | None, version: str, policy: "Policy", *, pictures: bool
) -> _Subject:
    """Return a running service to measure; without a version named it is asked for what it serves."""
    from service.cli.evaluate_remote import RemoteEvaluation
    from service.cli.remote import Remote

    remote = stack.enter_context(Remote(url, api_key))
    query = {"version" if version.isdecimal() else "alias": version}
    return RemoteEvaluation(
        remote,
        {**query, "least_confidence": policy.least_confidence, "abstain_share": policy.abstain_share},
        pictures=pictures,
    )


def _sets(subject: _Subject, folders: list[Path]) -> "list[Assessment]":
    from model.sources import load_test

    own = [subject.folder(folder) for folder in folders]
    return [subject.digits(load_test(), "MNIST test digits"), *own]


def _curves(subject: _Subject) -> "list[tuple[str, Curve]]":
    from model.robustness import TRIALS, curve, sample
    from model.sources import load_test

    digits = sample(load_test())
    return [(trial.name, curve(subject.changed, digits, trial)) for trial in TRIALS]


def _write(
    path: Path, model: dict[str, str], sets: "list[Assessment]", curves: "list[tuple[str, Curve]]"
) -> None:
    from model.report import render

    title = f"Numeral version {model['version']}: evaluation"
    path.write_text(render(title, model, sets, curves), encoding="utf-8")


def _result(
    model: dict[str, str], sets: "list[Assessment]", curves: "list[tuple[str, Curve]]"
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "model": model,
        "sets": [{"name": one.name, **one.figures()} for one in sets],
    }
    if curves:
        result["robustness"] = [
            {"change": name, "amounts": list(curve.x), "errors": list(curve.y)} for name, curve in curves
        ]
    return result


def _print(result: dict[str, Any], report: Path | None) -> None:
    say(f"version {result['model']['version']}  {result['model']['digest']}")
    for one in result["sets"]:
        say(f"\n{one['name']}: {one['images']:,} pictures{_left_out(one)}")
        for line in _lines(one):
            say(f"  {line}")
    for trial in result.get("robustness", []):
        points = zip(trial["amounts"], trial["errors"], strict=True)
        say(
            f"\n{trial['change']}: "
            + ", ".join(f"{amount:g}: {percent(error, 1)}" for amount, error in points)
        )
    if report is not None:
        say(f"\nreport: {report}")


def _left_out(one: dict[str, Any]) -> str:
    return f", {one['unreadable']} more that could not be read" if "unreadable" in one else ""


def _lines(one: dict[str, Any]) -> list[str]:
    lines = []
    if "error" in one:
        low, high = one["error_interval"]
        reasons = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in one["reasons"].items())
        lines = [
            f"error              {percent(one['error'])}  ({percent(low)} to {percent(high)})",
            f"calibration error  {percent(one['calibration_error'])}",
            f"abstained          {percent(one['abstained'])}" + (f"  ({reasons})" if reasons else ""),
            f"error of answered  {percent(one['answered_error'])}",
        ]
    if "non_digits" in one:
        lines += [
            f"no digit           {one['non_digits']}",
            f"… and answered     {percent(one['non_digits_answered'])}",
            f"… and sure         {percent(one['non_digits_sure'])}  (confidence over 0.9)",
        ]
    return lines
