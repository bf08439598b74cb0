"""The figures of the training benchmark as Markdown tables."""

import json
from statistics import median
from typing import Any

Json = dict[str, Any]

COLUMNS = ("numeral", "torch", "torch-fused", "jax", "sklearn")
TITLES = {"torch": "PyTorch", "torch-fused": "fused", "jax": "JAX", "sklearn": "scikit-learn"}


def ratio(speeds: dict[str, list[float]], name: str) -> str:
    """How many times as fast as another contender we are, turn against turn: the median."""
    pairs = zip(speeds["numeral"], speeds[name], strict=False)
    return f"{median(ours / theirs for ours, theirs in pairs):.2f}"


def steps(known: Json) -> list[str]:
    rows = [
        "| network, mini-batch, optimiser, threads | images/s | of sgemm | "
        + " | ".join(f"x {TITLES[name]}" for name in COLUMNS[1:])
        + " |",
        "|" + "---|" * (len(COLUMNS) + 2),
    ]
    for name, result in known.items():
        case, speeds = json.loads(name), result["speeds"]
        if "numeral" not in speeds:
            continue
        title = f"784-{case['network'].replace(',', '-')}-10, {case['batch']}, {case['optimizer']}, {case['threads']}"
        share = "-"
        if "sgemm" in speeds:
            shares = [
                ours * result["flop"] / peak / 1e7
                for ours, peak in zip(speeds["numeral"], speeds["sgemm"], strict=False)
            ]
            share = f"{median(shares):.0f} %"
        ratios = [ratio(speeds, other) if other in speeds else "-" for other in COLUMNS[1:]]
        rows.append(f"| {title} | {median(speeds['numeral']):,.0f} | {share} | {' | '.join(ratios)} |")
    return rows


def peaks(known: Json) -> list[str]:
    """The measured limit, by number of threads."""
    best: dict[int, float] = {}
    for name, result in known.items():
        threads = json.loads(name)["threads"]
        best[threads] = max([best.get(threads, 0.0), *result["speeds"].get("sgemm", [])])
    return [f"Best sgemm seen: {n} thread(s) {value:.0f} GFLOP/s." for n, value in best.items() if value]


def augmentation(known: Json) -> list[str]:
    rows = ["| preset, mini-batch | images/s, one thread: median | best |", "|---|---|---|"]
    return rows + [
        f"| {name} | {median(values):,.0f} | {max(values):,.0f} |" for name, values in known.items()
    ]


def accuracy(known: Json) -> list[str]:
    rows = [
        "| test accuracy aimed at, learner | what | seconds from a cold start | of them learning | processor seconds | test accuracy | most memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, runs in known.items():
        for run in runs:
            if "missing" in run:
                rows.append(f"| {name} | did not run | | | | | |")
                continue
            rows.append(
                f"| {name} | {run['what']} | {run['seconds']:.1f} | {run['learning']:.1f} | {run['processor']:.1f} "
                f"| {100 * run['accuracy']:.2f} % | {run['megabytes']:.0f} MB |"
            )
    return rows


def markdown(known: Json) -> str:
    """Return all tables."""
    parts = [
        *(f"- {json.dumps(machine)}" for machine in known["machines"]),
        "",
        *steps(known["steps"]),
        "",
        *peaks(known["steps"]),
        "",
        *augmentation(known["augmentation"]),
        "",
        *accuracy(known["accuracy"]),
    ]
    return "\n".join(parts) + "\n"
