"""The ResNet generator with 6 blocks."""

from pixcycle.models.generators.residual import residual

GENERATOR = residual(blocks=6)
