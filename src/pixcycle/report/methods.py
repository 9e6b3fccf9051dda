"""What was trained and what was measured, in a few sentences that cite where it comes from."""

from pixcycle.report.content import Text
from pixcycle.report.values import Values
from pixcycle.report.wording import listed

_METHODS = {
    "pix2pix": "pix2pix @cite-isola2017 learns from pairs",
    "cyclegan": "CycleGAN @cite-zhu2017 learns without pairs, from cycles through two generators",
}
_GENERATORS = {
    "unet": "U-Nets @cite-ronneberger2015",
    "resnet6": "residual networks @cite-he2016 of 6 blocks, built as in @cite-johnson2016",
    "resnet9": "residual networks @cite-he2016 of 9 blocks, built as in @cite-johnson2016",
}
_NORMS = {"batch": "batch norm @cite-ioffe2015", "instance": "instance norm @cite-ulyanov2016"}
_GAN_LOSSES = {"bce": "cross entropy @cite-goodfellow2014", "lsgan": "least squares @cite-mao2017"}
_EXTRACTORS = {
    "inception-v3": "InceptionV3 @cite-szegedy2016",
    "efficientnet-lite0": "EfficientNet-Lite0 @cite-tan2019",
}


def methods(values: Values) -> list[Text]:
    """A paragraph on the networks and their training, and one on the metrics; both of what these runs use only."""
    return [Text(_training(values)), Text(_metrics(values))]


def _training(values: Values) -> str:
    experiments = [seeds[0].config for seeds in values.runs.values()]

    def used(names: dict[str, str], field: str) -> str:
        found = {getattr(e, field) for e in experiments}
        return listed([words for name, words in names.items() if name in found])

    patches = sorted({e.patch for e in experiments})
    told = [
        f"{used(_METHODS, 'method')}. Generators are {used(_GENERATORS, 'generator')}, discriminators PatchGANs that "
        f"see {listed([str(n) for n in patches])} pixels a side, with {used(_NORMS, 'norm')}. Their GAN losses are "
        f"{used(_GAN_LOSSES, 'gan_mode')}, their optimiser is Adam @cite-kingma2015."
    ]
    if any(e.pool_size for e in experiments):
        told.append(
            "Where an image pool is used, discriminators also see earlier generated images @cite-shrivastava2017."
        )
    if any(e.upsampling == "resize" for e in experiments):
        told.append("Resize-convolution replaces deconvolution where that is said @cite-odena2016.")
    return " ".join(told)


def _metrics(values: Values) -> str:
    features = listed([_EXTRACTORS[extractor.name] for extractor in values.extractors])
    told = [
        f"FID @cite-heusel2017, KID @cite-binkowski2018 and precision and recall @cite-kynkaanniemi2019 compare the "
        f"features that {features} finds in generated and in real images."
    ]
    if any(values.has(id, "ssim") for id in values.runs):
        told.append("Where there are pairs, L1, PSNR and SSIM @cite-wang2004 compare pixels.")
    if any(seeds[0].segmenter for seeds in values.runs.values()):
        told.append("FCN-score @cite-isola2017 is what a network that segments photos @cite-long2015 finds in them.")
    return " ".join(told)
