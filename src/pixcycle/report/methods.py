"""A few sentences on what was trained and measured, with citations."""

from pixcycle.methods.registry import METHODS
from pixcycle.metrics.registry import METRICS
from pixcycle.models.generators.registry import GENERATORS
from pixcycle.params.experiment import Experiment
from pixcycle.report.content import Text
from pixcycle.report.values import Values
from pixcycle.report.wording import listed

_NORMS = {"batch": "batch norm @cite-ioffe2015", "instance": "instance norm @cite-ulyanov2016"}
_GAN_LOSSES = {"bce": "cross entropy @cite-goodfellow2014", "lsgan": "least squares @cite-mao2017"}
_EXTRACTORS = {
    "inception-v3": "InceptionV3 @cite-szegedy2016",
    "efficientnet-lite0": "EfficientNet-Lite0 @cite-tan2019",
}


def methods(values: Values) -> list[Text]:
    """Return a paragraph on the networks and their training, and one on the metrics, limited to what these runs use."""
    return [Text(_training(values)), Text(_metrics(values))]


def _training(values: Values) -> str:
    experiments = [seeds[0].config for seeds in values.runs.values()]
    usual = [e for e in experiments if not METHODS[e.method].own_networks]

    def used(names: dict[str, str], field: str, among: list[Experiment] = experiments) -> str:
        return listed([names[name] for name in dict.fromkeys(getattr(e, field) for e in among)])

    generators = {name: generator.words for name, generator in GENERATORS.items()}
    methods = {name: method.words for name, method in METHODS.items()}
    sentences = [f"{used(methods, 'method')}."]
    if usual:
        patches = listed([str(n) for n in sorted({e.patch for e in usual})])
        sentences.append(
            f"Generators are {used(generators, 'generator', usual)}, discriminators PatchGANs that see {patches} "
            f"pixels a side, with {used(_NORMS, 'norm', usual)}."
        )
    own = dict.fromkeys(METHODS[e.method].own_networks for e in experiments if e not in usual)
    sentences += [f"Other networks are {words}." for words in own]
    sentences.append(f"Their GAN losses are {used(_GAN_LOSSES, 'gan_mode')}, their optimiser is Adam @cite-kingma2015.")
    if any(e.pool_size for e in experiments):
        sentences.append(
            "Where an image pool is used, discriminators also see earlier generated images @cite-shrivastava2017."
        )
    if any(e.upsampling == "resize" for e in experiments):
        sentences.append("Resize-convolution replaces deconvolution where that is said @cite-odena2016.")
    return " ".join(sentences)


def _metrics(values: Values) -> str:
    """Describe the metrics, grouped by what they need: features, pairs, classes, or images alone."""
    measured = [m for m in METRICS if m.words and any(values.has(id, m.scores[0].name) for id in values.runs)]

    def named(need: str) -> list[str]:
        return [metric.words for metric in measured if need in metric.needs]

    features = listed([_EXTRACTORS[extractor.name] for extractor in values.extractors])
    sentences = []
    if of_features := named("real_features"):  # none of them with a single test image
        sentences.append(
            f"{listed(of_features)} compare the features that {features} finds in generated and in real images."
        )
    if of_pairs := named("pairs"):
        sentences.append(f"Where there are pairs, {listed(of_pairs)} compare pixels.")
    if any(seeds[0].segmenter for seeds in values.runs.values()):
        sentences.append(
            "FCN-score @cite-isola2017 is what a network that segments photos @cite-long2015 finds in them."
        )
    if of_images := [metric.words for metric in measured if metric.needs == ("fakes",)]:
        sentences.append(f"{listed(of_images)} judge generated images alone.")
    return " ".join(sentences)
