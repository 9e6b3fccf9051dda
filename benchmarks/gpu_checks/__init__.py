"""Checks and measurements of benchmarks/gpu.py: functions that take a device and return values."""
