"""Packages that are slow to import: for computing, and for reading and checking params."""

COMPUTES = {"torch", "lightning_fabric", "scipy", "matplotlib", "pandas", "sklearn", "skimage", "snakemake"}
CHECKS = {"pydantic", "yaml", "numpy", "requests"}
COMPILES = {"torch._dynamo", "torchvision", "lightning_fabric"}
"""Each is as slow to import as torch, as the other two import torch._dynamo."""
