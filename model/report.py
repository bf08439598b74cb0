"""The evaluation's report: one HTML file with its pictures and charts inside, no script and nothing to fetch."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.arrays import Bytes
from model.assessment import Assessment, Curve, abstention, reliability
from model.charts import confusion_matrix
from model.form import SIDE
from model.report_charts import Axis, error_axis, line_chart, reliability_chart

SHOWN: Final = 48
"""Pictures of one kind shown at most."""

_STYLE: Final = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem}
h1,h2,h3{line-height:1.2}h2{margin-top:2.5rem;border-top:1px solid #8886;padding-top:1.5rem}
code{overflow-wrap:anywhere}table{border-collapse:collapse}th,td{text-align:left;padding:.2rem 1.2rem .2rem 0}
td{font-variant-numeric:tabular-nums}.charts,.pictures{display:flex;flex-wrap:wrap;gap:1rem}
.charts svg{flex:1 1 20rem;max-width:30rem}figure{margin:0;width:5.6rem;font-size:.8rem;line-height:1.25}
figure img{width:84px;height:84px;image-rendering:pixelated;border:1px solid #8886}
"""


def render(
    title: str,
    model: dict[str, str],
    sets: Sequence[Assessment],
    robustness: Sequence[tuple[str, Curve]] = (),
) -> str:
    """Return the report.

    Args:
        title: of the page.
        model: what is known of the network, by name.
        sets: what was read.
        robustness: curves of error against how much digits were changed, by the name of the change.
    """
    parts = [f"<h1>{escape(title)}</h1>", _table(list(model.items()))]
    parts += [_section(assessment) for assessment in sets]
    if robustness:
        parts.append(_robustness(robustness))
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    return (
        f'<!doctype html><html lang="en"><head>{head}<title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _section(assessment: Assessment) -> str:
    real, answered = assessment.real, assessment.answered
    wrong = real & ~assessment.right
    sure_first, unsure_first = (
        np.argsort(-assessment.confidence, kind="stable"),
        np.argsort(assessment.confidence, kind="stable"),
    )
    return "".join(
        [
            f"<h2>{escape(assessment.name)}</h2>",
            _table([(_words(name), _figure(value)) for name, value in assessment.figures().items()]),
            f'<div class="charts">{"".join(_charts(assessment))}</div>',
            _pictures("Misread, the surest first", assessment, sure_first[(wrong & answered)[sure_first]]),
            _pictures(
                "Digits abstained from, the least sure first",
                assessment,
                unsure_first[(real & ~answered)[unsure_first]],
            ),
            _pictures("No digit, and yet answered", assessment, sure_first[(~real & answered)[sure_first]]),
            _unreadable(assessment),
        ]
    )


def _charts(assessment: Assessment) -> list[str]:
    if not assessment.real.any():
        return []
    curve = abstention(assessment)
    return [
        confusion_matrix(assessment.confusion()),
        reliability_chart(*reliability(assessment)),
        line_chart(
            "Error of the surest",
            curve,
            Axis("answered, % of pictures", 0, 1, 100),
            error_axis(curve.y),
            dots=False,
        ),
    ]


def _robustness(curves: Sequence[tuple[str, Curve]]) -> str:
    y = error_axis([value for _, curve in curves for value in curve.y])
    charts = [
        line_chart(name.split(",")[0].capitalize(), curve, Axis(name, min(curve.x), max(curve.x)), y)
        for name, curve in curves
    ]
    return f'<h2>Robustness</h2><p>Test digits, changed and normalised again.</p><div class="charts">{"".join(charts)}</div>'


def _pictures(heading: str, assessment: Assessment, rows: NDArray[np.intp]) -> str:
    if len(rows) == 0:
        return ""
    figures = "".join(_picture(assessment, int(row)) for row in rows[:SHOWN])
    more = f" ({SHOWN} of {len(rows)})" if len(rows) > SHOWN else f" ({len(rows)})"
    return f'<h3>{escape(heading)}{more}</h3><div class="pictures">{figures}</div>'


def _picture(assessment: Assessment, row: int) -> str:
    true = str(assessment.labels[row]) if assessment.real[row] else "none"
    reason = assessment.reasons[row].replace("_", " ")
    words = f"{true} read as {assessment.digits[row]}, {100 * assessment.confidence[row]:.1f} %"
    name = escape(assessment.names[row], quote=True)
    return (
        f'<figure title="{name}"><img alt="{name}" src="{data_url(assessment.pixels[row])}">'
        f"<figcaption>{escape(words)}{f'<br>{escape(reason)}' if reason else ''}</figcaption></figure>"
    )


def data_url(pixels: Bytes) -> str:
    """Return (784,) grey values as the data URL of a PNG, ink dark on light as it was written."""
    file = BytesIO()
    Image.fromarray(255 - pixels.reshape(SIDE, SIDE)).save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def _unreadable(assessment: Assessment) -> str:
    if not assessment.unreadable:
        return ""
    return "<h3>Not read</h3>" + _table([(name, why) for name, why in assessment.unreadable[:SHOWN]])


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _figure(value: Any) -> str:
    """Return counts as they are, and shares in per cent."""
    if isinstance(value, float):
        return f"{100 * value:.2f} %"
    if isinstance(value, list):
        return " to ".join(_figure(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{_words(name)} {_figure(item)}" for name, item in value.items())
    return f"{value:,}"
