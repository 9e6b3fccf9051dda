"""The same networks and steps as the papers' authors wrote them for PyTorch: what pixcycle is compared with."""
