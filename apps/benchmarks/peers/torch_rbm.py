"""Restricted Boltzmann machines in plain PyTorch, float32 states."""

import torch

from serve import exact


def up_pass(parameters, inputs):
    batch, visible, hidden = (parameters[name] for name in ("batch", "visible", "hidden"))
    states = torch.from_numpy(inputs["states"]).view(batch, visible)
    weight = torch.from_numpy(inputs["weight"]).view(visible, hidden)
    bias = torch.from_numpy(inputs["bias"])

    @torch.no_grad()
    def draw():
        return torch.bernoulli(torch.sigmoid(torch.addmm(bias, states, weight)))

    return draw, lambda: {"activation": exact(draw().double().mean())}


@torch.no_grad()
def reconstruction(images, weight, visible_bias, hidden_bias):
    """The mean square between the first ten batches and what a machine makes of them."""
    states = images[:10].reshape(-1, images.shape[-1])
    hidden_mean = torch.sigmoid(torch.addmm(hidden_bias, states, weight))
    back = torch.sigmoid(torch.addmm(visible_bias, hidden_mean, weight.T))
    return {"reconstruction": exact(((states - back) ** 2).double().mean())}


def contrastive_divergence(parameters, inputs):
    batches, batch, visible, hidden = (parameters[name] for name in ("batches", "batch", "visible", "hidden"))
    images = torch.from_numpy(inputs["images"]).view(batches, batch, visible)
    start = torch.from_numpy(inputs["weight"]).view(visible, hidden)
    rate = 0.05 / batch

    @torch.no_grad()
    def train():
        weight, visible_bias, hidden_bias = start.clone(), torch.zeros(visible), torch.zeros(hidden)
        for states in images:
            mean = torch.sigmoid(torch.addmm(hidden_bias, states, weight))
            fantasy = torch.bernoulli(torch.sigmoid(torch.addmm(visible_bias, torch.bernoulli(mean), weight.T)))
            fantasy_mean = torch.sigmoid(torch.addmm(hidden_bias, fantasy, weight))
            weight.addmm_(states.T, mean, alpha=rate).addmm_(fantasy.T, fantasy_mean, alpha=-rate)
            visible_bias.add_((states - fantasy).sum(0), alpha=rate)
            hidden_bias.add_((mean - fantasy_mean).sum(0), alpha=rate)
        return weight, visible_bias, hidden_bias

    return train, lambda: reconstruction(images, *train())


def persistent(parameters, inputs):
    batches, batch, visible, hidden = (parameters[name] for name in ("batches", "batch", "visible", "hidden"))
    images = torch.from_numpy(inputs["images"]).view(batches, batch, visible)
    start = torch.from_numpy(inputs["weight"]).view(visible, hidden)
    rate = 0.05 / batch

    @torch.no_grad()
    def train():
        weight, visible_bias, hidden_bias = start.clone(), torch.zeros(visible), torch.zeros(hidden)
        chains = torch.zeros(batch, hidden)
        for states in images:
            for _ in range(parameters["k"]):
                fantasy = torch.bernoulli(torch.sigmoid(torch.addmm(visible_bias, chains, weight.T)))
                fantasy_mean = torch.sigmoid(torch.addmm(hidden_bias, fantasy, weight))
                chains = torch.bernoulli(fantasy_mean)
            mean = torch.sigmoid(torch.addmm(hidden_bias, states, weight))
            weight.addmm_(states.T, mean, alpha=rate).addmm_(fantasy.T, fantasy_mean, alpha=-rate)
            visible_bias.add_((states - fantasy).sum(0), alpha=rate)
            hidden_bias.add_((mean - fantasy_mean).sum(0), alpha=rate)
        return weight, visible_bias, hidden_bias

    return train, lambda: reconstruction(images, *train())


workloads = {
    ("torch", "rbm-persistent"): persistent,
    ("torch", "rbm-up-pass"): up_pass,
    ("torch", "rbm-contrastive-divergence"): contrastive_divergence,
}
