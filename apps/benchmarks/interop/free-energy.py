"""Prints the free energies of rows under a Bernoulli RBM that ebmkit saved, as JSON.

    python free-energy.py model.safetensors rows.txt

The model holds `weight` [visible, hidden], `visibleBias` and `hiddenBias`; rows.txt has one state a line, as 0s and 1s. The
computation is PyTorch's, in double precision: F(v) = -v b - sum softplus(c + v W).
"""

import argparse
import json
import pathlib

import safetensors
import torch
from safetensors.torch import load_file

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model", type=pathlib.Path)
parser.add_argument("rows", type=pathlib.Path)
arguments = parser.parse_args()

tensors = {name: value.double() for name, value in load_file(arguments.model).items()}
weight, b, c = (tensors[name] for name in ("weight", "visibleBias", "hiddenBias"))
rows = torch.tensor([[int(bit) for bit in line] for line in arguments.rows.read_text().split()], dtype=torch.float64)
if rows.shape[1] != weight.shape[0]:
    parser.error(f"rows have {rows.shape[1]} bits, but the model has {weight.shape[0]} visible units")

energies = -rows @ b - torch.nn.functional.softplus(c + rows @ weight).sum(1)
versions = {"torch": torch.__version__, "safetensors": safetensors.__version__}
print(json.dumps({**versions, "freeEnergies": energies.tolist()}, indent=1))
