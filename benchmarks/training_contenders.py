"""One contender of the training benchmark, in a process of its own: a line of JSON in, a line of JSON out.

    PYTHON training_contenders.py NAME

It runs in the peers' environment too, so nothing of ours is imported at the top. What is asked is one of

    {"do": "prepare", "hidden", "batch", …}    losses of the first steps, to compare
    {"do": "run", "seconds", "processor"}      images a second of whole steps, by the wall clock or by processor time
    {"do": "leave"}

Every contender starts from the same weights, and learns cross-entropy in 32 bits with Nesterov's momentum 0.9 or AdamW.
"""

import importlib.metadata
import json
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

MOMENTUM, DECAY, RATE = 0.9, 0.01, 0.001
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

Float = NDArray[np.float32]
Task = dict[str, Any]


class Contender(Protocol):
    """Learns mini-batch after mini-batch.

    Attributes:
        unit: images (or billions of operations) that one step is worth.
    """

    unit: float

    def step(self, rate: float) -> None:
        """Learn from the next mini-batch; need not wait for the result."""

    def loss(self) -> float:
        """Wait, and return the loss of the last mini-batch before its step."""


def data(task: Task) -> tuple[Float, NDArray[np.int64]]:
    """Return (n, 784) inputs and (n,) labels."""
    with np.load(task["digits"]) as digits:
        return digits["images"].astype(np.float32) / np.float32(255), digits["labels"].astype(np.int64)


def start(task: Task) -> list[Float]:
    """Return the first weights and biases, layer by layer."""
    with np.load(task["weights"]) as weights:
        return [weights[f"arr_{i}"] for i in range(len(weights.files))]


class Ours:
    """The trainer as `numeral train` runs it: it gathers, divides by 255 and checks the loss in each step."""

    def __init__(self, task: Task) -> None:
        from model.config import TrainingConfig
        from model.dataset import Dataset, Split
        from model.network import Layer, Network
        from model.training import Trainer

        with np.load(task["digits"]) as digits:
            shown = Dataset(digits["images"], digits["labels"].astype(np.uint8))
        arrays = start(task)
        names = ["relu"] * (len(arrays) // 2 - 1) + ["softmax"]
        layers = zip(arrays[::2], arrays[1::2], names, strict=True)
        config = TrainingConfig(
            batch_size=task["batch"],
            optimizer=task["optimizer"],
            learning_rate=RATE,
            weight_decay=DECAY if task["optimizer"] == "adamw" else 0,
            momentum=MOMENTUM,
            label_smoothing=0,
            schedule="constant",
            augmentation="none",
            epochs=task["epochs"],
        )
        held_out = shown.take(slice(0, 10))
        network = Network(tuple(Layer(*layer) for layer in layers))
        self._trainer = Trainer(config, Split(shown, held_out), network)
        self.unit = task["batch"]

    def step(self, rate: float) -> None:  # noqa: ARG002 - the trainer has its own schedule, from which `rate` is taken
        """See ``Contender``."""
        trainer = self._trainer
        if trainer.batch == trainer.batches:
            trainer.end_epoch()
        self._before = trainer.loss_sum
        trainer.learn_batch()

    def loss(self) -> float:
        """See ``Contender``."""
        return self._trainer.loss_sum - self._before


class Torch:
    """PyTorch's usual loop on ready-made contiguous mini-batches."""

    def __init__(self, task: Task) -> None:
        import torch

        torch.set_num_threads(task["threads"])
        arrays = start(task)
        layers: list[Any] = []
        for weight, bias in zip(arrays[::2], arrays[1::2], strict=True):
            linear = torch.nn.Linear(*weight.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(weight.T.copy()))
                linear.bias.copy_(torch.from_numpy(bias))
            layers += [linear, torch.nn.ReLU()]
        self._network = torch.nn.Sequential(*layers[:-1])
        fused = True if task["name"] == "torch-fused" else None
        parameters = self._network.parameters()
        self._optimizer: Any = (
            torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY, fused=fused)
            if task["optimizer"] == "adamw"
            else torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, nesterov=True, fused=fused)
        )
        self._criterion = torch.nn.CrossEntropyLoss()
        images, labels = data(task)
        self._images, self._labels = torch.from_numpy(images), torch.from_numpy(labels)
        self.unit, self._batch, self._at = task["batch"], task["batch"], 0

    def step(self, rate: float) -> None:
        """See ``Contender``."""
        here = slice(self._at, self._at + self._batch)
        self._at = (self._at + self._batch) % (len(self._images) - self._batch + 1)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        self._loss = self._criterion(self._network(self._images[here]), self._labels[here])
        self._loss.backward()
        self._optimizer.step()

    def loss(self) -> float:
        """See ``Contender``."""
        return float(self._loss.detach())


class Jax:
    """The whole step compiled at once, its buffers given back to it."""

    def __init__(self, task: Task) -> None:
        import jax

        self._jax = jax
        images, labels = data(task)
        self._images, self._labels = jax.device_put(images), jax.device_put(labels.astype(np.int32))
        self._parameters = [jax.device_put(array) for array in start(task)]
        zeros = [jax.numpy.zeros_like(p) for p in self._parameters]
        self._moments = (zeros, [jax.numpy.zeros_like(p) for p in self._parameters])
        self._step = jax.jit(jax_step(task["optimizer"], task["batch"]), donate_argnums=(0, 1))
        self.unit, self._batch, self._at, self._steps = task["batch"], task["batch"], 0, 0

    def step(self, rate: float) -> None:
        """See ``Contender``."""
        self._steps += 1
        self._parameters, self._moments, self._loss = self._step(
            self._parameters,
            self._moments,
            (self._images, self._labels),
            self._at,
            (np.float32(rate), self._steps),
        )
        self._at = (self._at + self._batch) % (len(self._images) - self._batch + 1)

    def loss(self) -> float:
        """See ``Contender``."""
        self._jax.block_until_ready(self._parameters)
        return float(self._loss)


def jax_step(optimizer: str, batch: int) -> Callable[..., Any]:
    """Return one step as a pure function for the compiler."""
    import jax
    import jax.numpy as jnp

    def loss_of(parameters: Any, x: Any, labels: Any) -> Any:
        for i in range(0, len(parameters), 2):
            z = x @ parameters[i] + parameters[i + 1]
            x = jax.nn.relu(z)
        return -jnp.take_along_axis(jax.nn.log_softmax(z), labels[:, None], axis=1).mean()

    def moved(p: Any, g: Any, m: Any, v: Any, *, rate: Any, step: Any) -> Any:
        if optimizer == "sgd":
            m = MOMENTUM * m + g
            return p - rate * (g + MOMENTUM * m), m, v
        m, v = BETA1 * m + (1 - BETA1) * g, BETA2 * v + (1 - BETA2) * g * g
        change = (m / (1 - BETA1**step)) / (jnp.sqrt(v / (1 - BETA2**step)) + EPSILON)
        return p - rate * (change + DECAY * p), m, v

    def step(parameters: Any, moments: Any, digits: Any, at: Any, when: Any) -> Any:
        (images, labels), (rate, step) = digits, when
        x = jax.lax.dynamic_slice_in_dim(images, at, batch)
        y = jax.lax.dynamic_slice_in_dim(labels, at, batch)
        loss, gradient = jax.value_and_grad(loss_of)(parameters, x, y)
        several = [
            moved(p, g, m, v, rate=rate, step=step)
            for p, g, m, v in zip(parameters, gradient, *moments, strict=True)
        ]
        p, m, v = (list(part) for part in zip(*several, strict=True))
        return p, (m, v), loss

    return step


class Sklearn:
    """MLPClassifier, a whole epoch at a time because that is how it is called; Adam in place of AdamW."""

    def __init__(self, task: Task) -> None:
        from sklearn.neural_network import MLPClassifier

        images, labels = data(task)
        few = max(1, int(2e9 / (6 * sum(a * b for a, b in pairwise([784, *task["hidden"], 10])))))
        n = max(2, min(len(images), few) // task["batch"]) * task["batch"]
        self._images, self._labels, self.unit = images[:n], labels[:n], n
        self._network = MLPClassifier(
            tuple(task["hidden"]),
            solver="adam" if task["optimizer"] == "adamw" else "sgd",
            momentum=MOMENTUM,
            alpha=0,
            batch_size=task["batch"],
            learning_rate_init=RATE,
            max_iter=1,
            warm_start=True,
        )

    def step(self, rate: float) -> None:  # noqa: ARG002 - its own
        """See ``Contender``."""
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has not converged after one epoch
            self._network.fit(self._images, self._labels)

    def loss(self) -> float:
        """See ``Contender``."""
        return float(self._network.loss_)


class Sgemm:
    """No contender: square matrix products of NumPy, the limit of what a step in NumPy can reach."""

    unit = 2 * 1536**3 / 1e9

    def __init__(self, task: Task) -> None:  # noqa: ARG002 - like the others
        rng = np.random.default_rng(0)
        self._a, self._b, self._c = rng.random((3, 1536, 1536), np.float32)

    def step(self, rate: float) -> None:  # noqa: ARG002 - like the others
        """See ``Contender``."""
        np.matmul(self._a, self._b, out=self._c)

    def loss(self) -> float:
        """See ``Contender``."""
        return 0.0


CONTENDERS: dict[str, tuple[str, Callable[[Task], Contender]]] = {
    "sgemm": ("numpy", Sgemm),
    "numeral": ("numpy", Ours),
    "torch": ("torch", Torch),
    "torch-fused": ("torch", Torch),
    "jax": ("jax", Jax),
    "sklearn": ("scikit-learn", Sklearn),
}
"""By name: the distribution that must be installed, and how to make one."""


def first_losses(contender: Contender, rates: Sequence[float]) -> list[float]:
    """Return the losses before each of the first steps."""
    losses = []
    for rate in rates:
        contender.step(rate)
        losses.append(contender.loss())
    return losses


def speed(contender: Contender, seconds: float, clock: Callable[[], float]) -> float:
    """Return units a second over about so many seconds, after one step that does not count."""
    contender.step(RATE)
    contender.loss()
    began, n = clock(), 0
    while n == 0 or clock() - began < seconds:
        contender.step(RATE)
        n += 1
    contender.loss()
    return n * contender.unit / (clock() - began)


def blas() -> str:
    """Name the kernels that matrix products use in this process."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unknown"
    found = {
        f"{d['internal_api']} {d['version']} {d.get('architecture', '')}".strip() for d in threadpool_info()
    }
    return ", ".join(sorted(found))


def main() -> None:
    name = sys.argv[1]
    distribution, make = CONTENDERS[name]
    contender: Contender | None = None
    for line in sys.stdin:
        task = json.loads(line)
        answer: dict[str, Any] = {}
        try:
            if task["do"] == "prepare":
                contender = None  # its memory is given back first
                contender = make({**task, "name": name})
                answer = {"losses": first_losses(contender, task["rates"])}
                answer["version"] = importlib.metadata.version(distribution)
                answer["blas"] = blas()
            elif task["do"] == "run" and contender:
                clock = time.process_time if task["processor"] else time.perf_counter
                answer = {"speed": speed(contender, task["seconds"], clock)}
            else:
                return
        except ImportError:
            answer = {"missing": f"{distribution} is not installed"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
