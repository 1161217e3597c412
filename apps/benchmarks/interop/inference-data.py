"""Prints what ArviZ reads in a file of draws that ebmkit saved, as JSON.

    python inference-data.py run.nc [run.zarr]

Opens the file with arviz.from_netcdf, by h5netcdf and by netCDF4, and the store with xarray; all must hold the same. Works with
ArviZ 0.23 (InferenceData) and with ArviZ 1 (DataTree).
"""

import argparse
import json
import pathlib
import warnings

warnings.simplefilter("ignore")
import arviz as az  # noqa: E402
import netCDF4  # noqa: E402
import numpy as np  # noqa: E402
import xarray as xr  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("file", type=pathlib.Path)
parser.add_argument("store", type=pathlib.Path, nargs="?")
arguments = parser.parse_args()


def described(groups):
    """Axes, labels, first and last numbers, sums and attributes of every array."""
    out = {}
    for name, dataset in groups.items():
        arrays = {}
        for key, array in {**dataset.data_vars, **dataset.coords}.items():
            values = array.values
            entry = {"dims": list(array.dims), "dtype": values.dtype.kind, "shape": list(values.shape)}
            if values.dtype.kind in "OU":
                entry["values"] = [str(value) for value in values]
            else:
                flat = values.astype("float64").ravel()
                entry.update(first=flat[0], last=flat[-1], sum=float(flat.sum()), sumOfSquares=float((flat**2).sum()))
            arrays[key] = entry
        out[name] = {"arrays": arrays, "attributes": {key: str(value) for key, value in dataset.attrs.items()}}
    return out


def groups_of(tree):
    return {name: tree[name].to_dataset() if hasattr(tree[name], "to_dataset") else tree[name] for name in ("posterior", "sample_stats")}


opened = [az.from_netcdf(arguments.file, engine=engine) for engine in ("h5netcdf", "netcdf4")]
opened += [xr.open_datatree(arguments.file, engine=engine) for engine in ("h5netcdf", "netcdf4")]
if arguments.store:
    opened.append(xr.open_datatree(arguments.store, engine="zarr"))
contents = [described(groups_of(one)) for one in opened]
for other in contents[1:]:
    assert json.dumps(other, sort_keys=True) == json.dumps(contents[0], sort_keys=True), (contents[0], other)

data = opened[0]
# The probabilities are given, since the versions of ArviZ have different usual ones.
tails = az.ess(data, method="tail", prob=(0.05, 0.95))
tail = np.concatenate([tails[name].values.ravel() for name in data.posterior.data_vars])
if az.__version__.startswith("0."):
    table = az.summary(data, kind="all", round_to="none")
else:
    table = az.summary(data, kind="all", round_to="none", ci_prob=0.9, ci_kind="eti")
columns = {"mean": "mean", "sd": "sd", "ess_bulk": "bulkEss", "r_hat": "rHat", "mcse_mean": "meanMcse"}
summary = [{ours: float(row[theirs]) for theirs, ours in columns.items()} for _, row in table.iterrows()]
for row, size in zip(summary, tail, strict=True):
    row["tailEss"] = float(size)
versions = {"arviz": az.__version__, "xarray": xr.__version__, "netCDF4": netCDF4.__version__, "numpy": np.__version__}
print(json.dumps({**versions, "opened": len(opened), "contents": contents[0], "rows": list(table.index), "summary": summary}, indent=1, ensure_ascii=False))
