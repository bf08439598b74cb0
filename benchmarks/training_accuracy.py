"""One learner of the training benchmark, in a process of its own: from a cold start to an accuracy.

    PYTHON training_accuracy.py LEARNER RECIPE DIGITS.npz STARTED

LEARNER is numeral (the trainer), command (all of `numeral train`), torch or sklearn. STARTED is the monotonic clock when
the process was started; it stops when the trained network is there. The test digits are read after that, and were
not looked at to choose anything in the run. A line of JSON tells the seconds, the accuracy and the memory.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]
Digits = dict[str, NDArray[np.uint8]]

_QUICK: Final[Json] = {
    "optimizer": "sgd",
    "schedule": "one_cycle",
    "learning_rate": 0.5,
    "batch_size": 256,
    "weight_decay": 0.0,
    "label_smoothing": 0.05,
    "augmentation": "mild",
    "threads": 1,
}

RECIPES: Final[dict[str, Json]] = {
    "98": {**_QUICK, "network": {"hidden": [256]}, "epochs": 2, "batch_size": 160, "augmentation": "none"},
    "99": {**_QUICK, "network": {"hidden": [500, 200]}, "epochs": 6},
    "99.2": {**_QUICK, "network": {"hidden": [500, 200]}, "epochs": 14},
}
"""Settings of `numeral train` by the accuracy, in percent, that they reach on the test digits."""


def ours(recipe: Json, digits: Digits) -> tuple[str, Callable[[NDArray[np.float32]], NDArray[np.int64]]]:
    """Train as `numeral train` does, without publishing and without fitting what tells digits from other things."""
    from model.config import TrainingConfig
    from model.dataset import split
    from model.sources import load
    from model.training import Trainer, train

    config = TrainingConfig.from_dict(recipe)
    trainer = Trainer(config, split(load("mnist")))
    for _ in train(trainer, ahead=True):
        pass
    network = trainer.freeze()
    return described(recipe), lambda x: network.logits(x).argmax(axis=1)


def described(recipe: Json) -> str:
    hidden = "-".join(str(n) for n in recipe["network"]["hidden"])
    return (
        f"784-{hidden}-10, {recipe['epochs']} epochs, {recipe['optimizer']} {recipe['learning_rate']}, "
        f"mini-batch {recipe['batch_size']}, augmentation {recipe['augmentation']}, {recipe['threads']} thread(s)"
    )


def torch(recipe: Json, digits: Digits) -> tuple[str, Callable[[NDArray[np.float32]], NDArray[np.int64]]]:
    """The same network, mini-batches, optimiser, rates and epochs; affine variations where ours vary."""
    import torch as t

    t.manual_seed(1)
    t.set_num_threads(recipe["threads"])
    sizes = [784, *recipe["network"]["hidden"], 10]
    layers: list[Any] = []
    for a, b in pairwise(sizes):
        layers += [t.nn.Linear(a, b), t.nn.ReLU()]
        t.nn.init.kaiming_normal_(layers[-2].weight, nonlinearity="relu")
        t.nn.init.zeros_(layers[-2].bias)
    network = t.nn.Sequential(*layers[:-1])
    rate, batch = recipe["learning_rate"], recipe["batch_size"]
    optimizer = (
        t.optim.AdamW(network.parameters(), lr=rate, weight_decay=recipe["weight_decay"], fused=True)
        if recipe["optimizer"] == "adamw"
        else t.optim.SGD(network.parameters(), lr=rate, momentum=0.9, nesterov=True, fused=True)
    )
    images = t.from_numpy(digits["images"][:55_000]).float().div_(255)
    labels = t.from_numpy(digits["labels"][:55_000]).long()
    steps = recipe["epochs"] * (len(images) // batch)
    schedule = t.optim.lr_scheduler.OneCycleLR(
        optimizer,
        rate,
        total_steps=steps,
        pct_start=0.3 if recipe["schedule"] == "one_cycle" else 0.02,
        cycle_momentum=False,
    )
    criterion = t.nn.CrossEntropyLoss(label_smoothing=recipe["label_smoothing"])
    for _ in range(recipe["epochs"]):
        for chosen in t.randperm(len(images))[: len(images) // batch * batch].split(batch):
            x = images[chosen] if recipe["augmentation"] == "none" else affine(t, images[chosen])
            optimizer.zero_grad(set_to_none=True)
            criterion(network(x), labels[chosen]).backward()
            optimizer.step()
            schedule.step()

    def read(x: NDArray[np.float32]) -> NDArray[np.int64]:
        with t.no_grad():
            answer: NDArray[np.int64] = network(t.from_numpy(x)).argmax(dim=1).numpy()
        return answer

    return described(recipe), read


def affine(t: Any, x: Any) -> Any:
    """Rotate, scale, slant and shift by as much as our standard augmentation does; PyTorch has no elastic one for batches."""
    n = len(x)
    u = t.rand(5, n) * 2 - 1
    angle, size = u[0] * (10 * np.pi / 180), 1 / (1 + 0.08 * u[1])
    slant = 0.1 * u[2]
    rows = [
        t.stack([size * t.cos(angle), size * (t.sin(angle) + slant), u[3] * 1.5 / 14], dim=1),
        t.stack([-size * t.sin(angle), size * t.cos(angle), u[4] * 1.5 / 14], dim=1),
    ]
    grid = t.nn.functional.affine_grid(t.stack(rows, dim=1), [n, 1, 28, 28], align_corners=False)
    return t.nn.functional.grid_sample(x.view(n, 1, 28, 28), grid, align_corners=False).view(n, 784)


def sklearn(recipe: Json, digits: Digits) -> tuple[str, Callable[[NDArray[np.float32]], NDArray[np.int64]]]:
    """MLPClassifier as one finds it in books, its epochs chosen so that it reaches 98 %; it has no variations."""
    from sklearn.neural_network import MLPClassifier

    if recipe["augmentation"] != "none":
        print(json.dumps({"skip": True}))
        sys.exit()
    import warnings

    warnings.simplefilter("ignore")
    images = digits["images"][:55_000].astype(np.float32) / np.float32(255)
    network = MLPClassifier((256,), batch_size=128, learning_rate_init=0.001, max_iter=10, random_state=1)
    network.fit(images, digits["labels"][:55_000])
    return "MLPClassifier 784-256-10, 10 epochs, adam 0.001, mini-batch 128", network.predict


def command(name: str, recipe: Json, started: float) -> Json:
    """Run `numeral train` with these settings in a home of its own."""
    with TemporaryDirectory() as home:
        options = {
            **recipe,
            "hidden": ",".join(str(n) for n in recipe["network"]["hidden"]),
            "promote": "never",
        }
        del options["network"]
        words = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        program = Path(sys.executable).parent / "numeral"
        done = subprocess.run(
            [program, "train", *words, "--home", home, "--json"], capture_output=True, text=True, check=True
        )
        seconds = time.clock_gettime(time.CLOCK_MONOTONIC) - started
        read = subprocess.run(
            [program, "evaluate", "--home", home, "--json"], capture_output=True, text=True, check=False
        )
    result = json.loads(done.stdout.splitlines()[-1])["result"]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "what": f"all of `numeral train`, {name}",
        "seconds": seconds,
        "learning": seconds,
        "processor": used.ru_utime + used.ru_stime,
        "accuracy": 1 - result["validation_error"],
        "megabytes": used.ru_maxrss / 1024,
        "evaluated": read.returncode,
    }


def main() -> None:
    learner, name, path, started = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    recipe = RECIPES[name]
    if learner == "command":
        print(json.dumps(command(name, recipe, started)))
        return
    with np.load(path) as file:
        digits = {key: file[key] for key in file.files if learner != "numeral" or key.startswith("test")}
    began = time.clock_gettime(time.CLOCK_MONOTONIC)
    what, read = {"numeral": ours, "torch": torch, "sklearn": sklearn}[learner](recipe, digits)
    ended = time.clock_gettime(time.CLOCK_MONOTONIC)
    used = resource.getrusage(resource.RUSAGE_SELF)
    shown = digits["test_images"].astype(np.float32) / np.float32(255)
    accuracy = float((read(shown) == digits["test_labels"]).mean())
    print(
        json.dumps(
            {
                "what": what,
                "seconds": ended - started,
                "learning": ended - began,
                "processor": used.ru_utime + used.ru_stime,
                "accuracy": accuracy,
                "megabytes": used.ru_maxrss / 1024,
                "pid": os.getpid(),
            }
        )
    )


if __name__ == "__main__":
    main()
