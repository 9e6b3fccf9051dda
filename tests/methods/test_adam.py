import torch

from pixcycle.methods.adam import Adam


def stepped(kind):
    """Return parameters and state after three steps, and after three more by an optimiser that loaded that state."""
    draw = torch.Generator().manual_seed(0)
    parameters = [
        torch.nn.Parameter(torch.rand(5, 3, generator=draw)),
        torch.nn.Parameter(torch.rand(4, generator=draw)),
    ]
    settings = {"lr": 0.02, "betas": (0.5, 0.999), "fused": True}
    adam, states = kind(parameters, **settings), []
    for _ in range(2):
        for _ in range(3):
            adam.zero_grad()
            sum((p * torch.rand(p.shape, generator=draw)).square().sum() for p in parameters).backward()
            adam.step()
        states += [[p.detach().clone() for p in parameters], adam.state_dict()]
        resumed = kind(parameters, **settings)
        resumed.load_state_dict(adam.state_dict())
        adam = resumed
    return states


def test_adam_equals_torch_adam_bit_by_bit_even_when_resumed():
    torch.testing.assert_close(stepped(Adam), stepped(torch.optim.Adam), rtol=0, atol=0)
