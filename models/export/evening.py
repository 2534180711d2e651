"""Channels brought to like ranges before eight bits are laid over all of them, with the network computing what it did.

All channels of a tensor share one step, chosen for the largest. One whose values stay small so has few steps left:
behind the first layer of EfficientNet-Lite the channel that carries a grey picture's brightness has 115 for its 256
levels, and half the variance of a score's noise came from there. A channel may be multiplied by any factor where what
comes next is divided by it (cross-layer equalisation, Nagel et al. 2019). Done here only where that is exact for every
picture: behind the first layer, whose largest output can be worked out, and at the linear ends of blocks, which nothing
clips.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from inspector.domain import Floats
from models.export.running import in_pieces

Values = npt.NDArray[np.float32]

_MOST = 64.0  # a channel that hardly moves is not blown up beyond all measure
_ROOM = 1.5  # for values beyond those on the views: the range of all still is that of the largest channel
_BATCH = 8


def even_out(network: Any, inputs: Floats, low: float, high: float) -> None:
    """In place, for a keras.Model with batch norms. inputs: (n, height, width, 3), each value from low to high."""
    _even_entry(network, low, high, grey=bool((inputs[..., :1] == inputs).all()))
    chains = list(_chains(network))
    if chains:
        seen = keras.Model(network.input, [network.input, *(layer.output for chain in chains for layer in chain)])
        pieces = in_pieces(seen, inputs, _BATCH, _largest)
        largest = [np.max(one, axis=0) for one in zip(*pieces, strict=True)]
        for chain in chains:
            together = np.max([largest.pop(0) for _ in chain], axis=0)
            _enlarge(network, chain, together.max() / np.maximum(_ROOM * together, 1e-12))


def _largest(outputs: list[Floats]) -> list[Values]:
    """(channels,) each, without the input before them."""
    return [np.abs(one).max(axis=(0, 1, 2)) for one in outputs[1:]]


def _even_entry(network: Any, low: float, high: float, *, grey: bool) -> None:
    """The channels between the first convolution, cut off at some value, and filters that see each channel alone."""
    for layer in network.layers:
        norm, first = _source(layer), _source(_source(layer))
        users = _users(network, layer)
        if (
            isinstance(layer, keras.layers.ReLU)
            and layer.max_value
            and _scales(norm)
            and isinstance(first, keras.layers.Conv2D)
            and isinstance(_source(first), keras.layers.InputLayer)
            and len(users) == 1
            and isinstance(users[0], keras.layers.DepthwiseConv2D)
        ):
            ceiling = np.float32(layer.max_value)
            highest = np.maximum(_highest(first, norm, low, high, grey=grey), ceiling / _MOST)
            factor = np.maximum(ceiling / highest, 1.0)
            _multiply(norm, factor)
            users[0].kernel.assign(users[0].kernel.numpy() / factor[:, np.newaxis])


def _highest(convolution: Any, norm: Any, low: float, high: float, *, grey: bool) -> Values:
    """(channels,) the most that any picture can bring about: each weight on the value that suits it best."""
    gamma, beta, mean, variance = norm.get_weights()
    factor = gamma / np.sqrt(variance + norm.epsilon)
    kernel = convolution.kernel.numpy() * factor
    weights = kernel.sum(axis=2) if grey else kernel  # of a grey picture the three colours go together
    best = np.maximum(weights * low, weights * high).sum(axis=tuple(range(weights.ndim - 1)))
    bias = convolution.bias.numpy() * factor if convolution.use_bias else 0.0
    return np.asarray(best + bias + beta - mean * factor, dtype=np.float32)


def _chains(network: Any) -> Iterator[list[Any]]:
    """Batch norms and sums whose channels are added to each other, and seen by full convolutions alone."""
    members = [layer for layer in network.layers if _scales(layer) or isinstance(layer, keras.layers.Add)]
    chain_of = {layer.name: {layer.name} for layer in members}
    for layer in members:
        for user in _users(network, layer):
            if isinstance(user, keras.layers.Add):
                joined = chain_of[layer.name] | chain_of[user.name]
                for name in joined:
                    chain_of[name] = joined
    outputs = {tensor._keras_history.operation.name for tensor in network.outputs}
    for names in (chain_of[layer.name] for layer in members if layer.name == min(chain_of[layer.name])):
        chain = [layer for layer in members if layer.name in names]
        users = [user for layer in chain for user in _users(network, layer)]
        sources = {source.name for layer in chain if isinstance(layer, keras.layers.Add) for source in _sources(layer)}
        if not names & outputs and sources <= names and all(user.name in names or _mixes(user) for user in users):
            yield chain


def _enlarge(network: Any, chain: list[Any], wanted: Values) -> None:
    factor = np.clip(wanted, 1.0, _MOST).astype(np.float32)
    for layer in chain:
        if _scales(layer):
            _multiply(layer, factor)
        for user in _users(network, layer):
            if _mixes(user):
                user.kernel.assign(user.kernel.numpy() / factor[:, np.newaxis])


def _multiply(norm: Any, factor: Values) -> None:
    norm.gamma.assign(norm.gamma.numpy() * factor)
    norm.beta.assign(norm.beta.numpy() * factor)


def _scales(layer: Any) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization) and layer.scale and layer.center


def _mixes(layer: Any) -> bool:
    return type(layer) is keras.layers.Conv2D and layer.groups == 1


def _sources(layer: Any) -> list[Any]:
    return [node.operation for node in layer._inbound_nodes[0].parent_nodes] if layer._inbound_nodes else []


def _source(layer: Any) -> Any:
    """What a layer gets its one input from; None where it has none or several."""
    sources = _sources(layer) if layer is not None else []
    return sources[0] if len(sources) == 1 else None


def _users(network: Any, layer: Any) -> list[Any]:
    known = {one.name for one in network.layers}
    return [node.operation for node in layer._outbound_nodes if node.operation.name in known]
