"""The checks and measurements of benchmarks/gpu.py, each a function of a device that returns what it found."""
