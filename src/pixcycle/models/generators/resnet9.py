"""The ResNet generator with 9 blocks."""

from pixcycle.models.generators.residual import residual

GENERATOR = residual(blocks=9)
