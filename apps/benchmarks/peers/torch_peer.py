"""PyTorch and torchebm, one thread."""

import importlib.metadata

from serve import serve

import torch  # noqa: E402

torch.set_num_threads(1)
torch.set_num_interop_threads(1)

import torch_loops  # noqa: E402
import torch_rbm  # noqa: E402
import torchebm_losses  # noqa: E402
import torchebm_samplers  # noqa: E402

serve(
    {
        "torch": torch.__version__,
        "torchebm": importlib.metadata.version("torchebm"),
        "cpu capability": torch.backends.cpu.get_cpu_capability(),
    },
    {
        **torch_loops.workloads,
        **torch_rbm.workloads,
        **torchebm_samplers.workloads,
        **torchebm_losses.workloads,
    },
)
