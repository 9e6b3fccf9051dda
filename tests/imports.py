"""Packages that take long to import: those that compute, and those that read and check params."""

COMPUTES = {"torch", "lightning_fabric", "scipy", "matplotlib", "pandas", "sklearn", "skimage", "snakemake"}
CHECKS = {"pydantic", "yaml", "numpy", "requests"}
