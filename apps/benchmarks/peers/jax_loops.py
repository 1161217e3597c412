"""Langevin dynamics, normals and products in JAX, each compiled as a whole."""

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np

from serve import estimate, exact, moments, product_sums


def double_well(x):
    return 2.0 * ((x * x - 1.0) ** 2).sum()


def chains(gradient, parameters, start):
    """Langevin dynamics: all steps in one compiled loop, a new key for each run."""
    step, steps = parameters["stepSize"], parameters["steps"]

    @jax.jit
    def sample(key, x):
        def body(i, x):
            noise = jax.random.normal(jax.random.fold_in(key, i), x.shape)
            return x - step * gradient(x) + math.sqrt(2 * step) * noise

        return jax.lax.fori_loop(0, steps, body, x)

    seeds = itertools.count()
    return lambda: sample(jax.random.key(next(seeds)), start).block_until_ready()


def langevin(parameters, inputs):
    start = jnp.asarray(inputs["start"].reshape(parameters["chains"], parameters["dim"]))
    run = chains(jax.grad(double_well), parameters, start)
    return run, lambda: moments(np.asarray(run()))


def mlp_langevin(parameters, inputs):
    dim = parameters["dim"]
    weights, offset = [], 0
    for size in [(dim, 128), (128,), (128, 128), (128,), (128, 1), (1,)]:
        count = math.prod(size)
        weights.append(jnp.asarray(inputs["weights"][offset : offset + count].reshape(size)))
        offset += count
    w1, b1, w2, b2, w3, b3 = weights

    def energy(x):
        return (jax.nn.silu(jax.nn.silu(x @ w1 + b1) @ w2 + b2) @ w3 + b3).squeeze(-1)

    start = jnp.asarray(inputs["start"].reshape(parameters["chains"], dim))
    run = chains(jax.grad(lambda x: energy(x).sum()), parameters, start)
    return run, lambda: {"energyDrop": estimate(np.asarray(energy(start) - energy(run())))}


def normals(parameters, inputs):
    count, repeats = parameters["count"], parameters["repeats"]
    draw = jax.jit(lambda key: jax.random.normal(key, (count,)))
    seeds = itertools.count()

    def run():
        for _ in range(repeats):
            draw(jax.random.key(next(seeds))).block_until_ready()

    def quality():
        x = np.asarray(draw(jax.random.key(next(seeds))), dtype=np.float64)
        return {"mean": estimate(x), "secondMoment": estimate(x**2), "fourthMoment": estimate(x**4)}

    return run, quality


def product(parameters, inputs):
    m, k, n, transposed = (parameters[name] for name in ("m", "k", "n", "transposed"))
    a = jnp.asarray(inputs["a"].reshape(k, m) if transposed == "a" else inputs["a"].reshape(m, k))
    b = jnp.asarray(inputs["b"].reshape(n, k) if transposed == "b" else inputs["b"].reshape(k, n))
    multiply = jax.jit(lambda a, b: (a.T if transposed == "a" else a) @ (b.T if transposed == "b" else b))
    run = lambda: multiply(a, b).block_until_ready()  # noqa: E731
    return run, lambda: product_sums(np.asarray(run()))


def up_pass(parameters, inputs):
    batch, visible, hidden = (parameters[name] for name in ("batch", "visible", "hidden"))
    states = jnp.asarray(inputs["states"].reshape(batch, visible))
    weight, bias = jnp.asarray(inputs["weight"].reshape(visible, hidden)), jnp.asarray(inputs["bias"])
    draw = jax.jit(lambda key, v: jax.random.bernoulli(key, jax.nn.sigmoid(v @ weight + bias)))
    seeds = itertools.count()
    run = lambda: draw(jax.random.key(next(seeds)), states).block_until_ready()  # noqa: E731
    return run, lambda: {"activation": exact(np.asarray(run()).mean())}


def ising_lattice(parameters, inputs):
    """Checkerboard heat bath by rolls of the whole lattice, as in most tutorials: all sweeps in one compiled loop."""
    side, sweeps = parameters["side"], parameters["sweeps"]
    beta = math.log(1 + math.sqrt(2)) / 2
    even = jnp.asarray(np.indices((side, side)).sum(0) % 2 == 0)

    @jax.jit
    def sample(key, spins):
        def half(key, spins, mine):
            field = sum(jnp.roll(spins, shift, axis) for shift in (1, -1) for axis in (0, 1))
            up = jax.random.uniform(key, spins.shape) < jax.nn.sigmoid(2 * beta * field)
            return jnp.where(mine, jnp.where(up, 1.0, -1.0), spins)

        def body(i, spins):
            first, second = jax.random.split(jax.random.fold_in(key, i))
            return half(second, half(first, spins, even), ~even)

        return jax.lax.fori_loop(0, sweeps, body, spins)

    seeds = itertools.count()
    start = jnp.ones((side, side))
    run = lambda: sample(jax.random.key(next(seeds)), start).block_until_ready()  # noqa: E731

    def quality():
        spins = np.asarray(run(), dtype=np.float64)
        return {"energy": estimate(-(spins * (np.roll(spins, -1, 0) + np.roll(spins, -1, 1))).mean(axis=1))}

    return run, quality


workloads = {
    ("jax", "ising-lattice"): ising_lattice,
    ("jax", "langevin-sampler"): langevin,
    ("jax", "mlp-langevin"): mlp_langevin,
    ("jax", "standard-normals"): normals,
    ("jax", "matrix-product"): product,
    ("jax", "rbm-up-pass"): up_pass,
}
