"""A training as it is watched: a live table on a terminal, plain lines elsewhere, JSON lines for programs."""

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from model.progress import Progress as Report
from service.cli.figures import duration, percent, progress_line, speed
from service.cli.output import say, say_json
from service.offline import OfflineTraining, Outcome

ROWS = 12
"""Epochs shown at once on a terminal, the latest."""


class Screen(Protocol):
    """Where a training shows itself."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def report(self, progress: Report) -> None:
        """Show where the training stands."""

    def stopped(self) -> None:
        """Say that it was interrupted, and how to go on."""

    def finished(self, outcome: Outcome) -> None:
        """Show what came of it."""


def screen_for(training: OfflineTraining, home: Path | None, *, as_json: bool) -> Screen:
    """Return the screen that suits standard output.

    Args:
        training: is shown.
        home: as it was given to the command; None for the usual one.
        as_json: print lines of JSON.
    """
    if as_json:
        return JsonLines(training, home)
    return Terminal(training, home) if sys.stdout.isatty() else PlainLines(training, home)


class PlainLines:
    """One line an epoch, for logs and pipes."""

    def __init__(self, training: OfflineTraining, home: Path | None) -> None:
        self._training, self._home = training, home

    def __enter__(self) -> Self:
        """Say what begins."""
        if stage := _stage(self._training):
            say(stage)
        if self._training.resumed_at:
            say(f"resumed at {percent(self._training.resumed_at, 1)}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    def report(self, progress: Report) -> None:
        """Print a line after each epoch."""
        if progress.epoch_ended:
            say(progress_line(asdict(progress)))

    def stopped(self) -> None:
        """Say how to go on."""
        where = f" --home {shlex.quote(str(self._home))}" if self._home else ""
        say(f"stopped at a checkpoint; numeral train --resume{where} goes on from here")

    def finished(self, outcome: Outcome) -> None:
        """Print the version and its figures."""
        for line in _summary(outcome):
            say(line)


class JsonLines(PlainLines):
    """Every report as a line of JSON; the result is the last line."""

    def __enter__(self) -> Self:
        """Nothing is said before the first report."""
        return self

    def report(self, progress: Report) -> None:
        """Print the report's fields."""
        say_json({"progress": asdict(progress)})

    def stopped(self) -> None:
        """Say that there is a checkpoint."""
        say_json({"stopped": {"resume": True, "training": self._training.token}})

    def finished(self, outcome: Outcome) -> None:
        """The command prints the result."""


class Terminal(PlainLines):
    """A table of the latest epochs above a bar that fills."""

    def __init__(self, training: OfflineTraining, home: Path | None) -> None:
        super().__init__(training, home)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]} left"),
        )
        self._task = self._bar.add_task(_stage(training) or "learning", total=1.0, left="…")
        self._epochs: list[Report] = []
        self._live = Live(self._table(None), console=Console(), refresh_per_second=8)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last picture standing."""
        self._live.stop()

    def report(self, progress: Report) -> None:
        """Draw anew."""
        if progress.epoch_ended:
            self._epochs.append(progress)
        self._bar.update(self._task, completed=progress.fraction, left=duration(progress.seconds_left))
        self._live.update(self._table(None if progress.epoch_ended else progress))

    def _table(self, current: Report | None) -> Table:
        table = Table(box=None, header_style="bold", pad_edge=False, expand=False)
        for name in ("epoch", "loss", "validation error", "images/s"):
            table.add_column(name, justify="right")
        best = min((r.validation_error for r in self._epochs if r.validation_error is not None), default=None)
        for report in self._epochs[-ROWS:]:
            style = "green" if report.validation_error == best else None
            table.add_row(*_cells(report), style=style)
        if current is not None:
            table.add_row(*_cells(current), style="dim")
        page = Table.grid()
        page.add_row(table)
        page.add_row(self._bar)
        return page


def _stage(training: OfflineTraining) -> str | None:
    """Say which of several trainings begins; None if there is but one."""
    plan = training.plan
    return f"training {plan.stage} of {plan.stages}" if plan.stages > 1 else None


def _cells(report: Report) -> tuple[str, str, str, str]:
    error = percent(report.validation_error if report.epoch_ended else None)
    return f"{report.epoch}/{report.epochs}", f"{report.loss:.4f}", error, speed(report.images_per_second)


def _summary(outcome: Outcome) -> list[str]:
    metrics = outcome.metrics
    lines = [f"version {outcome.version}  {outcome.digest}"]
    for name in ("validation", "test"):
        if f"{name}_error" in metrics:
            low, high = metrics[f"{name}_error_interval"]
            lines.append(
                f"{name} error {percent(metrics[f'{name}_error'])} (95 % certain: {percent(low)} to {percent(high)}) "
                f"on {metrics[f'{name}_images']:,} digits"
            )
    lines.append(f"{'promoted to production' if outcome.promoted else 'not promoted'}: {outcome.reason}")
    lines.append(f"numeral models {outcome.version} shows its card, learning curve and confusion matrix")
    return lines
