"""The no-U-turn sampler of blackjax: all draws of all chains in one compiled loop."""

import itertools

import arviz
import blackjax
import jax
import jax.numpy as jnp
import numpy as np

from serve import exact

effects = np.array([28.0, 8, -3, 7, -1, 1, 18, 12], dtype=np.float32)
errors = np.array([15.0, 10, 16, 11, 9, 11, 10, 18], dtype=np.float32)


def eight_schools(centred):
    def log_density(x):
        mu, log_tau, rest = x[0], x[1], x[2:]
        tau = jnp.exp(log_tau)
        theta = rest if centred else mu + tau * rest
        unit = (rest - mu) / tau if centred else rest
        squares = jnp.sum(((theta - effects) / errors) ** 2) + jnp.sum(unit**2)
        prior = 0.5 * (mu / 5) ** 2 + jnp.log1p((tau / 5) ** 2)
        return -(0.5 * squares + prior + (7 if centred else -1) * log_tau)

    return log_density


def correlated_gaussian(size):
    covariance = 0.9 ** np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    precision = jnp.asarray(np.linalg.inv(covariance), dtype=jnp.float32)
    return lambda x: -0.5 * jnp.dot(x, precision @ x)


def prepare(log_density, parameters, inputs, names, power):
    chains, dim, draws = (parameters[name] for name in ("chains", "dim", "draws"))
    start = jnp.asarray(inputs["start"].reshape(chains, dim))
    warmup = parameters["warmup"]

    def sampler(count, step_size, inverse_mass):
        """Transitions of all chains, each with its own settings, and their leaves."""
        kernel = blackjax.nuts.build_kernel()

        def step(state, key):
            move = lambda k, s, e, m: kernel(k, s, log_density, e, m)  # noqa: E731
            state, info = jax.vmap(move)(jax.random.split(key, chains), state, step_size, inverse_mass)
            return state, (state.position, info.num_integration_steps)

        return jax.jit(lambda key, state: jax.lax.scan(step, state, jax.random.split(key, count)))

    if parameters["stepSize"] > 0:
        settings = (jnp.full(chains, parameters["stepSize"]), jnp.ones((chains, dim)))
        state = jax.vmap(lambda x: blackjax.nuts.init(x, log_density))(start)
        state, _ = sampler(warmup, *settings)(jax.random.key(0), state)
    else:
        adaptation = blackjax.window_adaptation(blackjax.nuts, log_density)
        adapt = jax.jit(jax.vmap(lambda key, x: adaptation.run(key, x, num_steps=warmup)[0]))
        state, found = adapt(jax.random.split(jax.random.key(0), chains), start)
        settings = (found["step_size"], found["inverse_mass_matrix"])
    draw = sampler(draws, *settings)
    seeds = itertools.count(1)
    run = lambda: jax.block_until_ready(draw(jax.random.key(next(seeds)), state))  # noqa: E731

    def ess(values):
        return float(arviz.ess(np.asarray(values, dtype=np.float64), method="bulk"))

    def quality():
        _, (positions, leaves) = run()
        by_chain = np.asarray(positions, dtype=np.float64).transpose(1, 0, 2)
        least = min(ess(by_chain[:, :, i]) for i in range(dim))
        gradients = float(np.asarray(leaves, dtype=np.float64).sum())
        means = {}
        for i, name in enumerate(names):
            values = by_chain[:, :, i] ** power
            means[name] = {"mean": float(values.mean()), "error": float(values.std(ddof=1) / np.sqrt(ess(values)))}
        return {
            **means,
            "minEss": exact(least),
            "gradients": exact(gradients),
            "essPerThousandGradients": exact(1000 * least / gradients),
        }

    return run, quality


def schools(parameters, inputs):
    return prepare(eight_schools(parameters["centred"]), parameters, inputs, ["mu", "logTau"], 1)


def gaussian(parameters, inputs):
    names = ["firstVariance", "secondVariance"]
    return prepare(correlated_gaussian(parameters["dim"]), parameters, inputs, names, 2)


workloads = {
    ("blackjax", "nuts-eight-schools"): schools,
    ("blackjax", "nuts-correlated-gaussian"): gaussian,
}
