"""Answers the benchmark's requests, one JSON object a line: the twin of src/serve.ts."""

import json
import os
import signal
import sys
import time


def estimate(values):
    """The mean of independent values and its standard error."""
    import numpy as np

    values = np.asarray(values, dtype=np.float64).ravel()
    error = float(values.std(ddof=1) / np.sqrt(values.size)) if values.size > 1 else 0.0
    return {"mean": float(values.mean()), "error": error}


def exact(value):
    """A number in which nothing is random."""
    return {"mean": float(value), "error": 0.0}


def moments(values):
    """Second and fourth moments of independent coordinates."""
    import numpy as np

    values = np.asarray(values, dtype=np.float64)
    return {"secondMoment": estimate(values**2), "fourthMoment": estimate(values**4)}


def product_sums(product):
    """The two sums by which a matrix product is judged."""
    import numpy as np

    product = np.asarray(product, dtype=np.float64)
    rows, columns = (np.cos(np.arange(length)) for length in product.shape)
    return {"sum": exact(product.sum()), "weightedSum": exact(rows @ product @ columns)}


def read_inputs(paths):
    import numpy as np

    return {name: np.fromfile(path, dtype=np.float32) for name, path in paths.items()}


def time_runs(run, repeats):
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        run()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def serve(versions, workloads):
    """`workloads` maps (variant, name) to a function of (parameters, inputs) that gives (run, quality)."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print must not come between the answers

    def write(value):
        out.write(json.dumps(value) + "\n")
        out.flush()

    # Ctrl-C reaches every process of a terminal; the benchmark decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    write({"versions": versions})
    prepared = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "quit":
            break
        variant = request["variant"]
        try:
            if request["do"] == "prepare":
                prepared.pop(variant, None)
                make = workloads.get((variant, request["workload"]))
                if make:
                    prepared[variant] = make(request["parameters"], read_inputs(request["inputs"]))
                write({"supported": make is not None})
            elif request["do"] == "time":
                write({"ms": time_runs(prepared[variant][0], request["repeats"])})
            elif request["do"] == "quality":
                write({"quality": prepared[variant][1]()})
            else:
                prepared.pop(variant, None)
                write({})
        except Exception as error:  # the benchmark reports it and goes on
            write({"error": f"{type(error).__name__}: {error}"})
