"""Writes src/fixtures/pegasus-14.json: the graph of thrml's Ising benchmark, its nodes numbered by colour.

Needs dwave_networkx, which the benchmarks themselves do not:
python -m pip install dwave_networkx && python apps/benchmarks/peers/pegasus_graph.py
"""

import json
import pathlib

import dwave_networkx
import networkx

graph = dwave_networkx.pegasus_graph(14)
colouring = networkx.coloring.greedy_color(graph, strategy="DSATUR")
order = sorted(graph.nodes, key=lambda node: (colouring[node], node))
rank = {node: i for i, node in enumerate(order)}
edges = sorted(tuple(sorted((rank[a], rank[b]))) for a, b in graph.edges)
out = pathlib.Path(__file__).parent.parent / "src" / "fixtures" / "pegasus-14.json"
out.write_text(
    json.dumps(
        {
            "nodes": len(order),
            "edges": [node for edge in edges for node in edge],
            "colours": [colouring[node] for node in order],
        },
        separators=(",", ":"),
    )
    + "\n"
)
