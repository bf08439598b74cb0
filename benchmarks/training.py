"""Learning, side by side with PyTorch, JAX and scikit-learn: speed of a step, of the variations, memory, time to accuracy.

.venv/bin/python -m benchmarks.training [--peers PYTHON] [--only SECTION ...] [--results FOLDER]

The peers need an environment of their own: `pip install torch jax scikit-learn threadpoolctl`, and `--peers` the path of
its Python; what is missing there is left out and said. Every contender lives in a process of its own, starts from the
same weights, must agree with ours on the losses of the first steps before it is timed, and gets its turns interleaved
with the others'. Measurements are added to `training.json` in the folder of results, and the tables to `training.md`:
parts may be run one after another, when the machine is quiet.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

import numpy as np

from benchmarks.training_contenders import CONTENDERS
from benchmarks.training_report import markdown
from model.augmentation import Augmenter
from model.network import Network
from model.schedules import rate_factor
from model.sources import load, load_test

HERE: Final = Path(__file__).parent
CONTENDER: Final = HERE / "training_contenders.py"
LEARN: Final = HERE / "training_accuracy.py"

NETWORKS: Final = ("128", "1000,500", "2500,2000,1500,1000,500")
OURS: Final = {"sgemm", "numeral"}
FIRST: Final = 6
"""Steps whose losses are compared, all on one mini-batch, so that the order of pictures does not matter."""

AGREEMENT: Final = 2e-3
"""By which losses may differ, as a share: orders of summation differ, mathematics must not."""

Json = dict[str, Any]


class Process:
    """A contender at the other end of a pipe."""

    def __init__(self, name: str, python: str, threads: int) -> None:
        limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
        self.name = name
        self._process = subprocess.Popen(
            [python, str(CONTENDER), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("BENCH_DEBUG") else subprocess.DEVNULL,
            env={**os.environ, **limits},
            text=True,
        )
        if hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(self._process.pid, cores[-threads:])

    def ask(self, **task: Any) -> Json:
        """Return its answer; one that died is missing."""
        try:
            print(json.dumps(task), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline() if self._process.stdout else ""
            answer: Json = json.loads(line or '{"missing": "it died"}')
        except BrokenPipeError:
            return {"missing": "it died"}
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate('{"do": "leave"}\n')


def steps(arguments: argparse.Namespace, known: Json, folder: Path) -> None:
    """Images a second of whole training steps."""
    for threads in arguments.threads:
        with ExitStack() as stack:
            processes = [
                stack.enter_context(
                    Process(name, sys.executable if name in OURS else arguments.peers, threads)
                )
                for name in arguments.contenders
            ]
            for hidden in arguments.networks:
                for batch in arguments.batches:
                    for optimizer in arguments.optimizers:
                        case = {"network": hidden, "batch": batch, "optimizer": optimizer, "threads": threads}
                        result = one_case(processes, case, arguments, folder)
                        known["steps"][json.dumps(case, sort_keys=True)] = result
                        print_case(case, result)


def one_case(processes: Sequence[Process], case: Json, arguments: argparse.Namespace, folder: Path) -> Json:
    """Return speeds and what is missing, for one network, mini-batch, optimiser and number of threads."""
    hidden = [int(n) for n in case["network"].split(",")]
    weights = folder / f"weights-{case['network']}.npz"
    if not weights.exists():
        network = Network.create(hidden, "relu", np.random.default_rng(1))
        np.savez(weights, *(array for layer in network.layers for array in (layer.weight, layer.bias)))
    task = {
        "hidden": hidden,
        "batch": case["batch"],
        "optimizer": case["optimizer"],
        "threads": case["threads"],
        "weights": str(weights),
    }
    missing, versions = {}, {}
    compared: dict[str, list[float]] = {}
    rates = [0.001 * rate_factor("constant", i, FIRST) for i in range(1, FIRST + 1)]
    for process in processes:
        one_batch = str(folder / f"digits-{case['batch']}.npz")
        answer = process.ask(do="prepare", **task, digits=one_batch, epochs=FIRST, rates=rates)
        if "missing" not in answer:
            compared[process.name] = answer["losses"]
            versions[process.name] = f"{answer['version']} ({answer['blas']})"
            answer = process.ask(
                do="prepare", **task, digits=str(folder / "digits.npz"), epochs=10_000, rates=[]
            )
        if "missing" in answer:
            missing[process.name] = answer["missing"]
    wrong = disagreeing(compared)
    taking_turns = [p for p in processes if p.name not in missing and p.name not in wrong]
    speeds: dict[str, list[float]] = {process.name: [] for process in taking_turns}
    for _ in range(arguments.rounds):
        for process in taking_turns:
            speeds[process.name].append(
                process.ask(do="run", seconds=arguments.seconds, processor=arguments.processor_time)["speed"]
            )
    flop = step_flop([784, *hidden, 10])
    return {"speeds": speeds, "missing": missing, "wrong": wrong, "versions": versions, "flop": flop}


def step_flop(sizes: Sequence[int]) -> int:
    """Operations that one picture needs in the matrix products: forward, weights back, and activations back but to the inputs."""
    products = [2 * a * b for a, b in pairwise(sizes)]
    return 3 * sum(products) - products[0]


def disagreeing(losses: dict[str, list[float]]) -> dict[str, str]:
    """Return those whose first losses are not ours; scikit-learn chooses its own weights, so it is not compared."""
    ours = losses.get("numeral", [])
    return {
        name: f"its losses are {theirs}, ours {ours}"
        for name, theirs in losses.items()
        if ours
        and name not in {"sgemm", "sklearn"}
        and not np.allclose(theirs, ours, rtol=AGREEMENT, atol=1e-5)
    }


def print_case(case: Json, result: Json) -> None:
    speeds = {name: median(values) for name, values in result["speeds"].items()}
    peak = speeds.pop("sgemm", None)
    print(f"784-{case['network']}-10, {case['batch']}, {case['optimizer']}, {case['threads']} thread(s)")
    for name, value in speeds.items():
        share = f"  {value * result['flop'] / peak / 1e7:5.1f} % of sgemm" if peak else ""
        ratio = speeds.get("numeral", value) / value
        print(f"  {name:12s} {value:10,.0f} images/s  ours is {ratio:5.2f} times{share}")
    for name, why in {**result["missing"], **result["wrong"]}.items():
        print(f"  {name:12s} {why}")


def variations(arguments: argparse.Namespace, known: Json, folder: Path) -> None:
    """Images a second that the augmentation makes, one thread, beside a step without it."""
    images = load("mnist")
    rng = np.random.Generator(np.random.SFC64(1))
    out = np.empty((256, 784), np.float32)
    for preset in ("standard", "release", "finish", "scans"):
        augmenter = Augmenter(images.images, preset, images.labels)
        for batch in arguments.batches:
            known["augmentation"][f"{preset}, {batch}"] = [
                turn(lambda: augmenter.batch(rng.integers(60_000, size=batch), rng, out[:batch]), batch)  # noqa: B023 - used at once
                for _ in range(arguments.rounds)
            ]
            print(f"{preset}, {batch}: {max(known['augmentation'][f'{preset}, {batch}']):,.0f} images/s")


def turn(work: Callable[[], object], images: int, seconds: float = 0.3) -> float:
    """Return images a second over about so many seconds."""
    work()
    began, n = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        work()
        n += 1
    return n * images / (time.perf_counter() - began)


def accuracy(arguments: argparse.Namespace, known: Json, folder: Path) -> None:
    """Seconds from the start of a process to the trained network, what it then reads right, and the memory it took."""
    for recipe in arguments.recipes:
        for name in arguments.learners:
            python = arguments.peers if name in {"torch", "sklearn"} else sys.executable
            began = time.clock_gettime(time.CLOCK_MONOTONIC)
            done = subprocess.run(
                [python, str(LEARN), name, recipe, str(folder / "mnist.npz"), repr(began)],
                capture_output=True,
                text=True,
                check=False,
            )
            lines = done.stdout.splitlines()
            result = (
                json.loads(lines[-1]) if done.returncode == 0 and lines else {"missing": done.stderr[-300:]}
            )
            if result.get("skip"):
                continue
            known["accuracy"].setdefault(f"{recipe}, {name}", []).append(result)
            print(recipe, name, result)


SECTIONS: Final = {"steps": steps, "augmentation": variations, "accuracy": accuracy}


def machine() -> Json:
    """Return what figures depend on."""
    info = Path("/proc/cpuinfo")
    names = (
        [
            line.split(":")[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        if info.exists()
        else []
    )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "forced kernel": os.environ.get("OPENBLAS_CORETYPE"),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "load before": load,
    }


@contextmanager
def prepared() -> Iterator[Path]:
    """Give a folder with the digits as the contenders want them."""
    with tempfile.TemporaryDirectory() as name:
        folder, digits, test = Path(name), load("mnist"), load_test()
        for n, file in ((128, "digits-128"), (256, "digits-256"), (10_240, "digits")):
            np.savez(folder / f"{file}.npz", images=digits.images[:n], labels=digits.labels[:n])
        np.savez(
            folder / "mnist.npz",
            images=digits.images,
            labels=digits.labels,
            test_images=test.images,
            test_labels=test.labels,
        )
        yield folder


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peers", default=sys.executable, help="the Python that has torch, jax and scikit-learn"
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="what to measure")
    parser.add_argument("--results", type=Path, default=HERE / "results", help="folder that is added to")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count processor seconds: for one thread on a machine that others use, too",
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender")
    parser.add_argument("--seconds", type=float, default=0.3, help="length of a turn")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), help="hidden layers, commas between")
    parser.add_argument("--batches", nargs="+", type=int, choices=(128, 256), default=[128, 256])
    parser.add_argument("--optimizers", nargs="+", choices=("sgd", "adamw"), default=["sgd", "adamw"])
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument(
        "--recipes", nargs="+", default=["98", "99", "99.2"], help="accuracies to reach, percent"
    )
    parser.add_argument("--learners", nargs="+", default=["numeral", "command", "torch", "sklearn"])
    return parser.parse_args()


def main() -> None:
    arguments = options()
    arguments.results.mkdir(parents=True, exist_ok=True)
    path = arguments.results / "training.json"
    known: Json = json.loads(path.read_text()) if path.exists() else {}
    for section in SECTIONS:
        known.setdefault(section, {})
    known.setdefault("machines", []).append(
        {
            **machine(),
            "measured": arguments.only,
            "clock": "processor" if arguments.processor_time else "wall",
        }
    )
    with prepared() as folder:
        for section in arguments.only:
            SECTIONS[section](arguments, known, folder)
            path.write_text(json.dumps(known, indent=1))
    (arguments.results / "training.md").write_text(markdown(known))


if __name__ == "__main__":
    main()
