"""Replace layers of a network by others with the same parameters."""

from collections.abc import Callable, Mapping

from torch import nn


def replace_layers(network: nn.Module, by: Mapping[type[nn.Module], Callable[[nn.Module], nn.Module]]) -> None:
    """Replace layers inside a network, in place; the new layers share the old ones' parameters and buffers.

    Parameters
    ----------
    by
        Type of the layers to replace, without its subclasses -> function that returns the new layer for an old one.
    """
    for parent in list(network.modules()):
        for name, old in list(parent.named_children()):
            if type(old) in by:
                new = by[type(old)](old).train(old.training)
                for key in new.state_dict():
                    setattr(new, key, getattr(old, key))
                setattr(parent, name, new)
