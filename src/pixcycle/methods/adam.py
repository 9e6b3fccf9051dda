"""Adam that does not import `torch._dynamo`, an import that takes as long as that of torch."""

from inspect import unwrap

import torch


class Adam(torch.optim.Adam):
    """`torch.optim.Adam` with bit-identical results.

    PyTorch decorates the methods of optimisers to exclude them from compilation, and the decorators import the
    compiler on their first call. pixcycle compiles networks only, so the undecorated methods compute the same.
    """

    add_param_group = unwrap(torch.optim.Adam.add_param_group)
    load_state_dict = unwrap(torch.optim.Adam.load_state_dict)
    state_dict = unwrap(torch.optim.Adam.state_dict)
    zero_grad = unwrap(torch.optim.Adam.zero_grad)
    step = torch.no_grad()(unwrap(torch.optim.Adam.step))
