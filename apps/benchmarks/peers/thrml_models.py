"""thrml's Ising and Potts benchmarks: block Gibbs sampling, compiled, a batch of chains by vmap as in its examples."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from thrml import Block, BlockGibbsSpec, CategoricalNode, FactorSamplingProgram, SamplingSchedule, SpinNode, sample_states
from thrml.models import CategoricalEBMFactor, CategoricalGibbsConditional, IsingEBM, IsingSamplingProgram

from serve import estimate


def graph(inputs, node):
    """Nodes, their blocks by colour, and pairs of node numbers."""
    colours = inputs["colours"].astype(int)
    nodes = [node() for _ in colours]
    blocks = [Block([nodes[i] for i in np.flatnonzero(colours == c)]) for c in range(colours.max() + 1)]
    return nodes, blocks, inputs["edges"].astype(int).reshape(-1, 2), colours


def runner(program, schedule, blocks, start):
    """All sweeps of all chains in one compiled function, a new key for each run."""
    chains = start[0].shape[0]

    @eqx.filter_jit
    def sample(key, program, start):
        keys = jax.random.split(key, chains)
        return jax.vmap(lambda k, s: sample_states(k, program, schedule, s, [], blocks))(keys, start)

    seeds = itertools.count()
    return lambda: jax.block_until_ready(sample(jax.random.key(next(seeds)), program, start))


def ising(parameters, inputs):
    nodes, blocks, edges, colours = graph(inputs, SpinNode)
    biases, weights = inputs["biases"], inputs["weights"]
    model = IsingEBM(
        nodes,
        [(nodes[a], nodes[b]) for a, b in edges],
        jnp.asarray(biases),
        jnp.asarray(weights),
        jnp.array(1.0),
    )
    program = IsingSamplingProgram(model, blocks, [])
    chains = parameters["chains"]
    bits = inputs["start"].reshape(len(nodes), chains).T > 0.5
    start = [jnp.asarray(bits[:, colours == c]) for c in range(len(blocks))]
    run = runner(program, SamplingSchedule(parameters["sweeps"], 1, 1), blocks, start)

    def quality():
        spins = np.concatenate([np.asarray(part)[:, -1] for part in run()], axis=1) * 2.0 - 1.0
        energy = -(spins @ biases + (spins[:, edges[:, 0]] * spins[:, edges[:, 1]]) @ weights) / len(nodes)
        return {"energy": estimate(energy)}

    return run, quality


def potts(parameters, inputs):
    nodes, blocks, edges, colours = graph(inputs, CategoricalNode)
    states, chains = parameters["states"], parameters["chains"]
    coupling = jnp.broadcast_to(jnp.eye(states), (len(edges), states, states))
    heads, tails = (Block([nodes[i] for i in side]) for side in edges.T)
    factor = CategoricalEBMFactor([heads, tails], coupling)
    spec = BlockGibbsSpec(blocks, [], {CategoricalNode: jax.ShapeDtypeStruct((), jnp.uint8)})
    program = FactorSamplingProgram(spec, [CategoricalGibbsConditional(states) for _ in blocks], [factor], [])
    labels = inputs["start"].reshape(len(nodes), chains).T.astype(np.uint8)
    start = [jnp.asarray(labels[:, colours == c]) for c in range(len(blocks))]
    # No warm-up and one sample of five sweeps after another, as in its example.
    run = runner(program, SamplingSchedule(5, parameters["sweeps"] // 5, 5), blocks, start)

    def quality():
        last = np.concatenate([np.asarray(part)[:, -1] for part in run()], axis=1)
        return {"likeNeighbours": estimate((last[:, edges[:, 0]] == last[:, edges[:, 1]]).mean(axis=1))}

    return run, quality


def max_cut(parameters, inputs):
    """The antiferromagnet of the graph; the best of the samples of one chain counts."""
    nodes, blocks, edges, colours = graph(inputs, SpinNode)
    model = IsingEBM(
        nodes,
        [(nodes[a], nodes[b]) for a, b in edges],
        jnp.zeros(len(nodes)),
        -jnp.ones(len(edges)),
        jnp.array(parameters["beta"], dtype=float),
    )
    program = IsingSamplingProgram(model, blocks, [])
    bits = inputs["start"][None] > 0.5
    start = [jnp.asarray(bits[:, colours == c]) for c in range(len(blocks))]
    schedule = SamplingSchedule(parameters["warmup"], parameters["samples"], parameters["sweeps"])
    run = runner(program, schedule, blocks, start)

    def best():
        spins = np.concatenate([np.asarray(part)[0] for part in run()], axis=1)
        return (spins[:, edges[:, 0]] != spins[:, edges[:, 1]]).sum(axis=1).max()

    return run, lambda: {"cut": estimate([best() for _ in range(40)])}


workloads = {("thrml", "ising-gibbs"): ising, ("thrml", "potts-gibbs"): potts, ("thrml", "max-cut"): max_cut}
