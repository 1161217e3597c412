"""Langevin dynamics, normals and products in plain PyTorch."""

import math

import torch

from serve import estimate, moments, product_sums


def double_well(x):
    return 2.0 * ((x * x - 1.0) ** 2).sum(dim=1)


def autograd_gradient(x):
    x = x.detach().requires_grad_(True)
    return torch.autograd.grad(double_well(x).sum(), x)[0]


def analytic_gradient(x):
    return 8.0 * x * (x * x - 1.0)


def langevin(gradient):
    def make(parameters, inputs):
        start = torch.from_numpy(inputs["start"]).view(parameters["chains"], parameters["dim"])
        step = parameters["stepSize"]
        scale = math.sqrt(2 * step)

        def sample():
            x = start
            for _ in range(parameters["steps"]):
                x = x.detach() - step * gradient(x) + scale * torch.randn_like(x)
            return x

        return sample, lambda: moments(sample().numpy())

    return make


def mlp(parameters, inputs):
    """The weights of the energy network d-128-128-1, and its energy."""
    dim = parameters["dim"]
    sizes = [(dim, 128), (128,), (128, 128), (128,), (128, 1), (1,)]
    weights, offset = [], 0
    for size in sizes:
        count = math.prod(size)
        weights.append(torch.from_numpy(inputs["weights"][offset : offset + count].copy()).view(size))
        offset += count
    w1, b1, w2, b2, w3, b3 = weights

    def energy(x):
        silu = torch.nn.functional.silu
        return (silu(silu(x @ w1 + b1) @ w2 + b2) @ w3 + b3).squeeze(-1)

    return weights, energy


def mlp_langevin(parameters, inputs):
    _, energy = mlp(parameters, inputs)
    start = torch.from_numpy(inputs["start"]).view(parameters["chains"], parameters["dim"])
    step = parameters["stepSize"]
    scale = math.sqrt(2 * step)

    def sample():
        x = start
        for _ in range(parameters["steps"]):
            x = x.detach().requires_grad_(True)
            gradient = torch.autograd.grad(energy(x).sum(), x)[0]
            x = x.detach() - step * gradient + scale * torch.randn_like(gradient)
        return x

    return sample, lambda: {"energyDrop": estimate((energy(start) - energy(sample())).detach().numpy())}


def normals(parameters, inputs):
    count, repeats = parameters["count"], parameters["repeats"]

    def run():
        for _ in range(repeats):
            torch.randn(count)

    def quality():
        x = torch.randn(count).double()
        return {"mean": estimate(x), "secondMoment": estimate(x**2), "fourthMoment": estimate(x**4)}

    return run, quality


def product(parameters, inputs):
    m, k, n, transposed = (parameters[name] for name in ("m", "k", "n", "transposed"))
    a, b = torch.from_numpy(inputs["a"]), torch.from_numpy(inputs["b"])
    a = a.view(k, m).T if transposed == "a" else a.view(m, k)
    b = b.view(n, k).T if transposed == "b" else b.view(k, n)
    return lambda: a @ b, lambda: product_sums((a @ b).numpy())


workloads = {
    ("torch", "langevin-sampler"): langevin(autograd_gradient),
    ("torch-analytic", "langevin-sampler"): langevin(analytic_gradient),
    ("torch", "mlp-langevin"): mlp_langevin,
    ("torch", "standard-normals"): normals,
    ("torch", "matrix-product"): product,
}
