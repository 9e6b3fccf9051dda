"""Rulers: what turns real and generated images into the numbers that a report printed, readable without torch."""

from dataclasses import dataclass

from pixcycle.metrics.extractors import IMAGENET, ExtractorSpec


@dataclass(frozen=True)
class Ruler:
    """How a report measured; a published value and ours differ for another reason only if all of this is the same.

    Attributes
    ----------
    label
        Its description in notes below tables.
    scores
        Metrics that it gives.
    images
        Number of generated and of real images, the first ones of the test split by name.
    size
        Side of the images in pixels.
    batch
        Images that the report's code generates at a time.
    extractor
        The network, with the resize for FID.
    neighbours
        k of precision and recall, not counting the point itself.
    """

    name: str
    label: str
    scores: tuple[str, ...]
    images: int
    size: int
    batch: int
    extractor: ExtractorSpec
    neighbours: int

    def evaluated(self, available: int) -> int:
        """Return how many images the report's code would generate from so many test images.

        It takes as many whole batches as give `images`, but at least one batch less than there are.
        """
        batches = min(self.images // self.batch, max(0, -(-available // self.batch) - 1))
        return batches * self.batch


RULERS = {
    ruler.name: ruler
    for ruler in (
        Ruler(
            name="ucsd",
            label="256 images a side, both written as JPEG (quality 75, colour at half resolution, each stretched to "
            "its full range) and read back; FID at 299 pixels by nearest neighbour in [-1, 1], precision and recall "
            "(k = 3) at 256 pixels in [0, 1], from the 2048-d average pool of Keras' InceptionV3 with ImageNet weights",
            scores=("fid", "precision", "recall"),
            images=256,
            size=256,
            batch=16,
            extractor=IMAGENET,
            neighbours=3,
        ),
    )
}
"""Rulers by name. `ucsd` follows github.com/sohamsatyadharma/image_to_image_translation at commit 1d619d9."""
