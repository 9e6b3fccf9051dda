"""Experiments of five pix2pix and CycleGAN reports as one reproducible DAG."""
