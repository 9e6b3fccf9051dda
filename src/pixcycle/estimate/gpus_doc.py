"""The computed tables of docs/gpus.md; `python -m pixcycle.estimate.gpus_doc` updates them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pixcycle.base.files import write_bytes
from pixcycle.estimate.bound import memory_bytes, step_bytes, step_seconds
from pixcycle.estimate.duration import steps_and_batch
from pixcycle.estimate.gpus import GPUS, Arithmetic, Gpu
from pixcycle.estimate.step_cost import image_flops
from pixcycle.estimate.supplies import published_images
from pixcycle.estimate.table import digits
from pixcycle.methods.registry import METHODS
from pixcycle.params.experiment import Experiment
from pixcycle.params.load import load_params
from pixcycle.params.schema import Params
from pixcycle.plan.scales import resolved

PAGE = Path("docs/gpus.md")
BEGIN, END = "<!-- computed from here: python -m pixcycle.estimate.gpus_doc -->", "<!-- to here -->"
WAYS: list[tuple[Gpu, Arithmetic]] = [(gpu, arithmetic) for gpu in GPUS.values() for arithmetic in gpu.peaks]
WORDS = {"GPU", "step", "experiments", "report 001, GTX 1080 Ti"}
REPORTED = [
    ("120 batches of 4 in 5 minutes", 120 * 4 / 300),
    ("1000 such epochs in 15 hours", 1000 * 120 * 4 / (15 * 3600)),
]
"""Images/s that report 001 (section 4.6) states for its experiments on a GTX 1080 Ti; the two contradict each other."""


@dataclass(frozen=True)
class Step:
    """A training step, shared by experiments that differ only in their data and losses."""

    name: str
    batch: int
    e: Experiment

    @property
    def key(self) -> tuple[str, int]:
        return self.name, self.batch

    def seconds(self, gpu: Gpu, arithmetic: Arithmetic) -> float:
        return step_seconds(self.e, self.batch, gpu, arithmetic)


def with_tables(page: str, params: Params) -> str:
    """Return the page with its computed part replaced."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{tables(params)}\n\n{END}{after}"


def tables(params: Params) -> str:
    """Return Markdown tables at scale full: GPUs, work per step, images/s at most, and hours per training at least."""
    trainings = dict(_trainings(params))
    steps = {step.key: step for step, _ in trainings.values()}
    experiments = {key: [id for id, (step, _) in trainings.items() if step.key == key] for key in steps}
    parts = {
        "The GPUs": _table(["GPU", "memory, GB", "GB/s", "fp32, TFLOP/s", "TF32", "bf16"], map(_gpu, GPUS.values())),
        "A step": _table(
            ["step", "GFLOP an image", "GB moved, fp32", "bf16", "GB of memory, fp32", "bf16", "experiments"],
            ([*_work(step), _named(experiments[key])] for key, step in steps.items()),
        ),
        "Images/s, at most": _table(["step", *_headings()], map(_images_per_second, steps.values())),
        "What report 001 says beside it": _table(
            ["report 001, GTX 1080 Ti", "images/s", "of the bound"],
            _reported(trainings["wustl-facades-label2photo"][0]),
        ),
        "Hours of one training, at least": _table(["experiments", "PFLOP", *_headings()], _hours(trainings)),
    }
    return "\n\n".join(f"### {title}\n\n" + "\n".join(table) for title, table in parts.items())


def _trainings(params: Params) -> Iterator[tuple[str, tuple[Step, int]]]:
    """Yield (id, (step, number of steps)) in the order of params.yaml.

    Experiments without epochs, or with an unknown number of images, are left out.
    """
    for id, e in resolved(params, "full"):
        images = published_images(params.datasets[e.dataset])
        count, batch = steps_and_batch(e, images) if images else (0, 0)
        if count:
            yield id, (Step(_name(e), batch, e), count)


def _name(e: Experiment) -> str:
    """Return a name for an experiment's step, made of all that decides its cost per image."""
    special = {
        f"{e.filters} filters": e.filters != 64,
        f"patch {e.patch}": e.patch != 70,
        "no skips": not e.skips,
        "resize-convolution": e.upsampling == "resize",
        "identity loss": e.lambda_identity > 0,
    }
    special = [words for words, applies in special.items() if applies] + METHODS[e.method].variant(e)
    network = "" if METHODS[e.method].own_networks else f" {e.generator}"
    return ", ".join([f"{e.method}{network} {e.crop_size}", *special])


def _headings() -> list[str]:
    return [f"{gpu.name} {arithmetic}" for gpu, arithmetic in WAYS]


def _gpu(gpu: Gpu) -> list[str]:
    peaks = [f"{gpu.peaks[a] / 1e12:g}" if a in gpu.peaks else "none" for a in ("fp32", "TF32", "bf16")]
    return [gpu.name, f"{gpu.memory / 1e9:g}", f"{gpu.bandwidth / 1e9:g}", *peaks]


def _work(step: Step) -> list[str]:
    sizes = [size(step.e, step.batch, a) for size in (step_bytes, memory_bytes) for a in ("fp32", "bf16")]
    return [_titled(step), digits(image_flops(step.e) / 1e9), *(digits(size / 1e9, 2) for size in sizes)]


def _images_per_second(step: Step) -> list[str]:
    return [_titled(step), *(digits(step.batch / step.seconds(*way)) for way in WAYS)]


def _reported(step: Step) -> Iterator[list[str]]:
    bound = step.batch / step.seconds(GPUS["gtx1080ti"], "fp32")
    for claim, rate in REPORTED:
        yield [claim, f"{rate:.1f}", f"{rate / bound:.0%}"]


def _hours(trainings: dict[str, tuple[Step, int]]) -> Iterator[list[str]]:
    """Yield one row for each group of experiments of equal cost, and a last one for all experiments."""
    same: dict[tuple, list[str]] = {}
    for id, (step, count) in trainings.items():
        same.setdefault((step.key, count), []).append(id)
    total = [0.0] * (1 + len(WAYS))
    for ids in same.values():
        step, count = trainings[ids[0]]
        pflop = count * step.batch * image_flops(step.e) / 1e15
        row = [pflop, *(count * step.seconds(*way) / 3600 for way in WAYS)]
        total = [sum_ + len(ids) * n for sum_, n in zip(total, row, strict=True)]
        yield [_named(ids), *(digits(n, 2) for n in row)]
    yield [f"all {len(trainings)}, one after another", *(digits(n, 2) for n in total)]


def _titled(step: Step) -> str:
    return f"{step.name}, batch {step.batch}"


def _named(ids: list[str]) -> str:
    """Join ids by chapter: `ucsd-{facades-l1, facades-l2}, kth-horse2zebra`."""
    chapters: dict[str, list[str]] = {}
    for id in ids:
        chapter, _, name = id.partition("-")
        chapters.setdefault(chapter, []).append(name)
    braced = {c: names[0] if len(names) == 1 else f"{{{', '.join(names)}}}" for c, names in chapters.items()}
    return ", ".join(f"{chapter}-{names}" for chapter, names in braced.items())


def _table(headings: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    below = ["---" if heading in WORDS else "---:" for heading in headings]
    yield from (f"| {' | '.join(row)} |" for row in (headings, below, *rows))


if __name__ == "__main__":
    write_bytes(PAGE, with_tables(PAGE.read_text(), load_params()).encode())
