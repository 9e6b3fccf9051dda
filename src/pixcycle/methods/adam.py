"""Adam without the import of `torch._dynamo`, which takes as long as importing torch itself."""

from inspect import unwrap

import torch


class Adam(torch.optim.Adam):
    """A subclass of `torch.optim.Adam` that starts faster, with bit-identical results.

    PyTorch decorates the methods of optimisers to exclude them from compilation, and these decorators import the
    compiler when they are first called. As pixcycle compiles networks only, the methods work without the decorators.
    """

    add_param_group = unwrap(torch.optim.Adam.add_param_group)
    load_state_dict = unwrap(torch.optim.Adam.load_state_dict)
    state_dict = unwrap(torch.optim.Adam.state_dict)
    zero_grad = unwrap(torch.optim.Adam.zero_grad)
    step = torch.no_grad()(unwrap(torch.optim.Adam.step))
