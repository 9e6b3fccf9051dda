"""The networks and training steps as the papers' authors wrote them for PyTorch, for comparison with pixcycle's."""
