"""JAX, thrml and blackjax on the CPU, one core."""

import importlib.metadata
import os

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax  # noqa: E402
import blackjax_nuts  # noqa: E402
import jax_loops  # noqa: E402
import thrml_models  # noqa: E402

from serve import serve  # noqa: E402

serve(
    {"jax": jax.__version__, **{name: importlib.metadata.version(name) for name in ("thrml", "blackjax", "arviz")}},
    {**jax_loops.workloads, **thrml_models.workloads, **blackjax_nuts.workloads},
)
