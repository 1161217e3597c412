"""The samplers and integrators of torchebm, as its own benchmarks call them."""

import torch
from torchebm.core import BaseModel, DoubleWellModel
from torchebm.integrators import EulerMaruyamaIntegrator, HeunIntegrator, LeapfrogIntegrator, RK4Integrator
from torchebm.samplers import (
    GradientDescentSampler,
    HamiltonianMonteCarlo,
    LangevinDynamics,
    NesterovSampler,
)

from serve import estimate, exact, moments


class Network(BaseModel):
    """The energy network d-128-128-1 with SiLU units, with the weights that all contenders share."""

    def __init__(self, parameters, inputs):
        super().__init__()
        dim = parameters["dim"]
        layers = [torch.nn.Linear(dim, 128), torch.nn.Linear(128, 128), torch.nn.Linear(128, 1)]
        offset = 0
        with torch.no_grad():
            for layer in layers:
                fan_out, fan_in = layer.weight.shape
                flat = torch.from_numpy(inputs["weights"][offset : offset + fan_in * fan_out].copy())
                layer.weight.copy_(flat.view(fan_in, fan_out).T)
                offset += fan_in * fan_out
                layer.bias.copy_(torch.from_numpy(inputs["weights"][offset : offset + fan_out].copy()))
                offset += fan_out
        silu = torch.nn.SiLU
        self.network = torch.nn.Sequential(layers[0], silu(), layers[1], silu(), layers[2])

    def forward(self, x):
        return self.network(x).squeeze(-1)


def sampler(make_sampler, with_acceptance=False):
    def make(parameters, inputs):
        chosen = make_sampler(DoubleWellModel(barrier_height=2.0, b=1.0), parameters["stepSize"])
        start = torch.from_numpy(inputs["start"]).view(parameters["chains"], parameters["dim"])

        def sample():
            return chosen.sample(x=start.clone(), n_steps=parameters["steps"])

        def quality():
            result = moments(sample().detach().numpy())
            if with_acceptance:
                _, diagnostics = chosen.sample(x=start.clone(), n_steps=parameters["steps"], return_diagnostics=True)
                result["acceptance"] = exact(diagnostics["acceptance_rate"].mean())
            return result

        return sample, quality

    return make


def integrator(make_integrator, noisy=False, with_momentum=False):
    def make(parameters, inputs):
        network = Network(parameters, inputs).requires_grad_(False)
        chosen = make_integrator()
        shape = (parameters["chains"], parameters["dim"])
        start = torch.from_numpy(inputs["start"]).view(shape)
        momentum = torch.from_numpy(inputs["momentum"]).view(shape)
        step = parameters["stepSize"]
        extra = {"diffusion": lambda x, t: torch.tensor(0.1)} if noisy else {}

        def drift(x, t):
            return -network.gradient(x)

        def run():
            state = {"x": start, "p": momentum} if with_momentum else {"x": start}
            if not with_momentum:
                extra["adaptive"] = False
            return chosen.integrate(state, step, parameters["steps"], drift=drift, **extra)["x"]

        def quality():
            drop = estimate((network(start) - network(run())).detach().numpy())
            return {"energyDrop": drop if noisy else exact(drop["mean"])}

        return run, quality

    return make


workloads = {
    ("torchebm", "langevin-sampler"): sampler(
        lambda model, step: LangevinDynamics(model, step_size=step, noise_scale=1.0)
    ),
    ("torchebm", "hmc-sampler"): sampler(
        lambda model, step: HamiltonianMonteCarlo(model, step_size=step, n_leapfrog_steps=10), with_acceptance=True
    ),
    ("torchebm", "gradient-descent-sampler"): sampler(
        lambda model, step: GradientDescentSampler(model, step_size=step)
    ),
    ("torchebm", "nesterov-sampler"): sampler(
        lambda model, step: NesterovSampler(model, step_size=step, momentum=0.9)
    ),
    ("torchebm", "euler-maruyama"): integrator(EulerMaruyamaIntegrator, noisy=True),
    ("torchebm", "heun"): integrator(HeunIntegrator, noisy=True),
    ("torchebm", "leapfrog"): integrator(LeapfrogIntegrator, with_momentum=True),
    ("torchebm", "runge-kutta-4"): integrator(RK4Integrator),
}
