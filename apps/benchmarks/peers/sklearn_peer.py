"""scikit-learn's restricted Boltzmann machine, and NumPy, one thread."""

from serve import estimate, exact, product_sums, serve

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.neural_network import BernoulliRBM  # noqa: E402
from threadpoolctl import threadpool_info, threadpool_limits  # noqa: E402

threadpool_limits(1)


def persistent_contrastive_divergence(parameters, inputs):
    """Its only objective: one Gibbs step of chains that go on from batch to batch.

    `fit` with one pass over the images does the same batches as `partial_fit`, but in float32, which is faster.
    """
    batches, batch, visible, hidden = (parameters[name] for name in ("batches", "batch", "visible", "hidden"))
    images = inputs["images"].reshape(batches * batch, visible)

    def train():
        machine = BernoulliRBM(n_components=hidden, learning_rate=0.05, batch_size=batch, n_iter=1, random_state=1)
        return machine.fit(images)

    def quality():
        machine = train()
        states = images[: 10 * batch].astype(np.float64)
        mean = 1 / (1 + np.exp(-(states @ machine.components_.T + machine.intercept_hidden_)))
        back = 1 / (1 + np.exp(-(mean @ machine.components_ + machine.intercept_visible_)))
        return {"persistentReconstruction": exact(((states - back) ** 2).mean())}

    return train, quality


class LongChains(BernoulliRBM):
    """Its machine with several Gibbs steps of the chains for each batch: its own last step, and those before it by its own methods."""

    steps = 10

    def _fit(self, v_pos, rng):
        for _ in range(self.steps - 1):
            self.h_samples_ = self._sample_hiddens(self._sample_visibles(self.h_samples_, rng), rng).astype(v_pos.dtype)
        super()._fit(v_pos, rng)


def long_chains(parameters, inputs):
    batches, batch, visible, hidden = (parameters[name] for name in ("batches", "batch", "visible", "hidden"))
    images = inputs["images"].reshape(batches * batch, visible)

    def train():
        machine = LongChains(n_components=hidden, learning_rate=0.05, batch_size=batch, n_iter=1, random_state=1)
        machine.steps = parameters["k"]
        return machine.fit(images)

    def quality():
        machine = train()
        states = images[: 10 * batch].astype(np.float64)
        mean = 1 / (1 + np.exp(-(states @ machine.components_.T + machine.intercept_hidden_)))
        back = 1 / (1 + np.exp(-(mean @ machine.components_ + machine.intercept_visible_)))
        return {"reconstruction": exact(((states - back) ** 2).mean())}

    return train, quality


def normals(parameters, inputs):
    generator = np.random.default_rng(1)
    count, repeats = parameters["count"], parameters["repeats"]

    def draw():
        return generator.standard_normal(count, dtype=np.float32)

    def run():
        for _ in range(repeats):
            draw()

    def quality():
        x = draw().astype(np.float64)
        return {"mean": estimate(x), "secondMoment": estimate(x**2), "fourthMoment": estimate(x**4)}

    return run, quality


def product(parameters, inputs):
    m, k, n, transposed = (parameters[name] for name in ("m", "k", "n", "transposed"))
    a = inputs["a"].reshape(k, m).T if transposed == "a" else inputs["a"].reshape(m, k)
    b = inputs["b"].reshape(n, k).T if transposed == "b" else inputs["b"].reshape(k, n)
    return lambda: a @ b, lambda: product_sums(a @ b)


blas = [info for info in threadpool_info() if info["user_api"] == "blas"]
serve(
    {
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "blas": ", ".join(f"{info.get('internal_api')} {info.get('version')} {info.get('architecture')}" for info in blas),
    },
    {
        ("scikit-learn", "rbm-contrastive-divergence"): persistent_contrastive_divergence,
        ("scikit-learn", "rbm-persistent"): long_chains,
        ("numpy", "standard-normals"): normals,
        ("numpy", "matrix-product"): product,
    },
)
