"""Steps of the optimisers, by hand and against their textbook form."""

import numpy as np
import pytest

from model import optimizer
from model.optimizer import AdamW, Average, Sgd


def vector(*numbers: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """Numbers as float32."""
    return np.array(numbers, np.float32)


def test_sgd_without_momentum_follows_the_gradient() -> None:
    """1 - 0.1 * 2 = 0.8."""
    p = vector(1.0)
    Sgd(1, momentum=0, weight_decay=0).step(p, vector(2.0), rate=0.1, step=1)
    assert p[0] == pytest.approx(0.8)


def test_sgd_looks_ahead_along_its_velocity() -> None:
    """Momentum 0.5, gradients 2 and 1: velocities 2 and 2, steps 0.1 * (2 + 1) and 0.1 * (1 + 1)."""
    p, sgd = vector(1.0), Sgd(1, momentum=0.5, weight_decay=0)
    sgd.step(p, vector(2.0), rate=0.1, step=1)
    assert p[0] == pytest.approx(0.7)
    sgd.step(p, vector(1.0), rate=0.1, step=2)
    assert p[0] == pytest.approx(0.5)


def test_adamw_matches_its_textbook_form() -> None:
    """Ten steps agree with algorithm 2 of Loshchilov and Hutter, written out in 64 bits."""
    rng = np.random.default_rng(0)
    p = rng.normal(size=50).astype(np.float32)
    expected, m, v = p.astype(np.float64), np.zeros(50), np.zeros(50)
    adamw = AdamW(50, weight_decay=0.1)
    for step in range(1, 11):
        g = rng.normal(size=50).astype(np.float32)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g.astype(np.float64) ** 2
        m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
        expected -= 0.01 * (m_hat / (np.sqrt(v_hat) + 1e-8) + 0.1 * expected)
        adamw.step(p, g, rate=0.01, step=step)
    np.testing.assert_allclose(p, expected, atol=2e-6)


def test_the_first_step_of_adamw_has_the_size_of_the_rate() -> None:
    """However steep the gradient, the first step is the learning rate."""
    p = vector(0.0, 0.0)
    AdamW(2, weight_decay=0).step(p, vector(1e-3, -1e3), rate=0.01, step=1)
    np.testing.assert_allclose(p, [-0.01, 0.01], rtol=1e-4)


def test_weight_decay_shrinks_weights_without_gradient() -> None:
    """With a gradient of zero a weight loses rate times decay of itself."""
    p, q = vector(2.0), vector(2.0)
    AdamW(1, weight_decay=0.5).step(p, vector(0.0), rate=0.1, step=1)
    Sgd(1, momentum=0.9, weight_decay=0.5).step(q, vector(0.0), rate=0.1, step=1)
    assert p[0] == q[0] == pytest.approx(1.9)


@pytest.mark.parametrize("kind", ["adamw", "sgd", "average"])
def test_blocks_change_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Updating in blocks of 7 gives the bits of one whole pass."""
    results = []
    for block in (7, 1000):
        monkeypatch.setattr(optimizer, "BLOCK", block)
        rng = np.random.default_rng(0)
        p, g = rng.random(100, np.float32), rng.random(100, np.float32)
        if kind == "average":
            average = Average(np.zeros(100, np.float32), 0.9)
            average.step(p, 1)
            results.append(average.vector)
        else:
            (AdamW(100, 0.1) if kind == "adamw" else Sgd(100, 0.9, 0.1)).step(p, g, 0.1, 1)
            results.append(p)
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize("kind", ["adamw", "sgd", "average"])
def test_part_after_part_is_the_same_as_all_at_once(kind: str) -> None:
    """Three steps that update the last 60 numbers before the first 40 give the bits of three steps for all 100."""
    results = []
    for parts in ([slice(0, 100)], [slice(40, 100), slice(0, 40)]):
        rng = np.random.default_rng(0)
        p, average = rng.random(100, np.float32), Average(np.zeros(100, np.float32), 0.9)
        learner = AdamW(100, 0.1) if kind == "adamw" else Sgd(100, 0.9, 0.1)
        for step in (1, 2, 3):
            g = rng.random(100, np.float32)
            for part in parts:
                learner.step(p[part], g[part], 0.1, step, part.start)
                average.step(p[part], step, part.start)
        results.append(average.vector if kind == "average" else p)
    np.testing.assert_array_equal(results[0], results[1])


def test_the_average_follows_quickly_at_first_and_slowly_later() -> None:
    """Step 1 keeps 2/11 of the start; after many steps the decay asked for holds."""
    average = Average(vector(0.0), decay=0.9)
    average.step(vector(1.0), step=1)
    assert average.vector[0] == pytest.approx(9 / 11)
    average.vector[:] = 0
    average.step(vector(1.0), step=1000)
    assert average.vector[0] == pytest.approx(0.1)


def smallest_kept(moment: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> float:
    """The least that is not zero, or 1 where there is nothing else."""
    return float(np.abs(moment[moment != 0]).min(initial=1.0))


@pytest.mark.parametrize("method", [Sgd(3, momentum=0.9, weight_decay=0), AdamW(3, weight_decay=0)])
def test_moments_that_no_gradient_reaches_any_more_become_zero(method: Sgd | AdamW) -> None:
    """They would end as denormal numbers, where 0.9 times the least is the least again, and every step is slow for them."""
    p, first = vector(0.5, 0.5, 0.5), vector(1.0, 1e-12, 0.0)
    name = next(iter(method.state))
    for step in range(1, 1200):
        method.step(p, first if step == 1 else vector(0.0, 0.0, 0.0), rate=0.1, step=step)
        assert smallest_kept(method.state[name]) >= np.finfo(np.float32).tiny
    assert not method.state[name].any()
