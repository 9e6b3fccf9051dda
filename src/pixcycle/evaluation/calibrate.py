"""Try a ruler on the real and generated images that a report's authors published."""

import re
import shutil
from pathlib import Path

from pixcycle.base.checksums import file_sha256
from pixcycle.base.errors import UserError
from pixcycle.data.decode import image_files
from pixcycle.data.fetch import locations
from pixcycle.data.fetch.digest import content_digest
from pixcycle.evaluation.features import load_extractor
from pixcycle.evaluation.ruler import measure_with, read_images
from pixcycle.machine import ranks
from pixcycle.metrics.rulers import RULERS
from pixcycle.params.chapter import Calibration
from pixcycle.plan.rulers import CalibrationNode
from pixcycle.records.calibration import CalibrationRecord
from pixcycle.records.fetched import Fetched, fetched_file


def calibrate(
    node: CalibrationNode, calibration: Calibration, weights: Path | None, mirror: str | None, out: Path
) -> CalibrationRecord:
    """Fetch the archive, measure its images as they are, and write the record to `out`; the archive is not kept.

    Raises
    ------
    UserError
        If the archive cannot be fetched, or if its images are not the declared ones.
    """
    archive = out.with_suffix(".archive")
    shutil.rmtree(archive, ignore_errors=True)  # of a killed job
    name = f"calibration of {node.chapter}"
    try:
        locations.fetch(name, [calibration.archive], archive, mirror=mirror, recorded=None)
        (source,) = Fetched.read(fetched_file(archive)).sources
        root = Path(source.root) if source.in_place else archive / source.root
        real, generated = (_images(name, root / folder) for folder in (calibration.real, calibration.generated))
        content = digest_of(real, generated)
        if content != calibration.content:
            raise UserError(
                f"{name}: the images of {source.location} have the digest {content}, expected {calibration.content};"
                f" they are not the published ones, or chapters.{node.chapter}.calibration.content is wrong"
            )
        network = load_extractor(node.extractor, weights)
        print(f"ruler: {network.spec.label} ({network.spec.weights_file})", flush=True)
        sets = [read_images(files, name) for files in (real, generated)]
        ruled = measure_with(RULERS[node.ruler], network, *sets, device=ranks.fabric().device)
        record = CalibrationRecord(chapter=node.chapter, location=source.location, content=content, ruled=ruled)
        record.write(out)
        return record
    finally:
        shutil.rmtree(archive, ignore_errors=True)


def digest_of(real: list[Path], generated: list[Path]) -> str:
    """Return the content digest of two sets of files under the names real/NAME and generated/NAME."""
    named = {"real": real, "generated": generated}
    return content_digest((f"{folder}/{file.name}", file_sha256(file)) for folder in named for file in named[folder])


def _images(name: str, folder: Path) -> list[Path]:
    """Return the images of a folder in natural order: `im (2)` before `im (10)`."""
    if not folder.is_dir():
        raise UserError(f"{name}: the archive has no folder {folder.name}; correct its path in params.yaml")
    return sorted(image_files(name, folder), key=lambda file: [int(n) for n in re.findall("[0-9]+", file.name)])
