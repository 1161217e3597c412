"""The losses of torchebm, forward and backward, as its own benchmarks call them."""

import torch
from torchebm.losses import ContrastiveDivergence, DenoisingScoreMatching, SlicedScoreMatching
from torchebm.samplers import LangevinDynamics
from torchebm_samplers import Network

from serve import estimate


def loss(make_loss):
    def make(parameters, inputs):
        network = Network(parameters, inputs)
        chosen = make_loss(network)
        data = torch.from_numpy(inputs["data"]).view(parameters["batch"], parameters["dim"])

        def step():
            value = chosen(data)
            value = value[0] if isinstance(value, tuple) else value
            value.backward()
            return value

        def run():
            step()
            network.zero_grad(set_to_none=True)

        def quality():
            values, squares = [], []
            for _ in range(40):
                values.append(step().item())
                squares.append(sum(float((p.grad.double() ** 2).sum()) for p in network.parameters() if p.grad is not None))
                network.zero_grad(set_to_none=True)
            return {"loss": estimate(values), "gradientSquare": estimate(squares)}

        return run, quality

    return make


def contrastive_divergence(network):
    sampler = LangevinDynamics(network, step_size=1e-2, noise_scale=1.0)
    return ContrastiveDivergence(model=network, sampler=sampler, k_steps=10, energy_reg_weight=1e-3)


workloads = {
    ("torchebm", "contrastive-divergence-loss"): loss(contrastive_divergence),
    ("torchebm", "denoising-score-matching-loss"): loss(
        lambda network: DenoisingScoreMatching(model=network, noise_scale=0.01)
    ),
    ("torchebm", "sliced-score-matching-loss"): loss(
        lambda network: SlicedScoreMatching(model=network, n_projections=5, projection_type="rademacher")
    ),
}
