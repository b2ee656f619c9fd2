"""The part of jraph that a graph network needs: graphs in a batch, their updates and the mask of padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class GraphsTuple(NamedTuple):
    """Several graphs, their nodes and edges one after the other."""

    nodes: Any
    edges: Any
    receivers: Any
    senders: Any
    globals: Any
    n_node: Any
    n_edge: Any


def segment_mean(values: jax.Array, segments: jax.Array, count: int) -> jax.Array:
    """The mean of the rows of each segment."""
    rows = jax.ops.segment_sum(jnp.ones_like(values), segments, count)
    return jax.ops.segment_sum(values, segments, count) / jnp.maximum(rows, 1)


def get_graph_padding_mask(graphs: GraphsTuple) -> jax.Array:
    """All graphs but the last one are real."""
    return jnp.arange(graphs.n_node.shape[0]) < graphs.n_node.shape[0] - 1


def concatenated_args(update: Callable[[jax.Array], jax.Array]) -> Callable[..., jax.Array]:
    """Call `update` with all arguments side by side."""
    return lambda *given: update(jnp.concatenate(jax.tree.leaves(given), axis=-1))


def GraphMapFeatures(
    embed_edge_fn: Any = None, embed_node_fn: Any = None, embed_global_fn: Any = None
) -> Callable[[GraphsTuple], GraphsTuple]:
    """Map nodes, edges and globals, each by itself."""

    def mapped(function: Any, values: Any) -> Any:
        return values if function is None else function(values)

    return lambda graphs: graphs._replace(
        nodes=mapped(embed_node_fn, graphs.nodes),
        edges=mapped(embed_edge_fn, graphs.edges),
        globals=mapped(embed_global_fn, graphs.globals),
    )


def GraphNetwork(
    update_edge_fn: Any, update_node_fn: Any, update_global_fn: Any
) -> Callable[[GraphsTuple], GraphsTuple]:
    """One round of messages: edges, then nodes, then the whole graphs."""

    def passed(graphs: GraphsTuple) -> GraphsTuple:
        nodes, edges, receivers, senders, world, n_node, n_edge = graphs
        count, several = nodes.shape[0], n_node.shape[0]

        def spread(sizes: jax.Array, total: int) -> tuple[jax.Array, jax.Array]:
            owner = jnp.repeat(jnp.arange(several), sizes, total_repeat_length=total)
            return world[owner], owner

        for_edges, of_edge = spread(n_edge, senders.shape[0])
        for_nodes, of_node = spread(n_node, count)
        if update_edge_fn is not None:
            edges = update_edge_fn(edges, nodes[senders], nodes[receivers], for_edges)
        sent = jax.ops.segment_sum(edges, senders, count)
        received = jax.ops.segment_sum(edges, receivers, count)
        nodes = update_node_fn(nodes, sent, received, for_nodes)
        all_nodes = jax.ops.segment_sum(nodes, of_node, several)
        all_edges = jax.ops.segment_sum(edges, of_edge, several)
        world = update_global_fn(all_nodes, all_edges, world)
        return graphs._replace(nodes=nodes, edges=edges, globals=world)

    return passed
