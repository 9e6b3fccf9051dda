"""Packages that take long to import: those that compute, and those that read and check params."""

COMPUTES = {"torch", "lightning_fabric", "scipy", "matplotlib", "pandas", "sklearn", "skimage", "snakemake"}
CHECKS = {"pydantic", "yaml", "numpy", "requests"}
COMPILES = {"torch._dynamo", "torchvision", "lightning_fabric"}
"""Each takes as long to import as torch: the other two import the first."""
