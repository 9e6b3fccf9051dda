"""The folder with the features of the real test images: writing it, and checking it on reading."""

import io
from pathlib import Path

import numpy as np

from pixcycle.base.checksums import file_sha256
from pixcycle.base.errors import UserError
from pixcycle.base.files import write_here
from pixcycle.data.arrays import read_array
from pixcycle.metrics.feature_sets import MADE_BY, Features
from pixcycle.records.features import DomainFeatures, FeaturesRecord
from pixcycle.records.manifest import Domain, read_manifest


def write_features(folder: Path, prepared: Path, of_domains: dict[str, Features]) -> None:
    """Write A.npy and B.npy, (N, D), and features.json, which records how and from which images they were computed."""
    domains = {}
    for domain, features in of_domains.items():
        array = io.BytesIO()
        np.save(array, features.vectors)
        write_here(_vectors(folder, domain), array.getbuffer())
        made_by = {name: getattr(features, name) for name in MADE_BY}
        content = _content(folder, prepared, domain)
        domains[domain] = DomainFeatures(**made_by, **content)
    FeaturesRecord(**domains).write(_record(folder))


def read_features(folder: Path, domain: Domain, prepared: Path) -> Features:
    """Return the features of one domain.

    Raises
    ------
    UserError
        If the features are damaged, or belong to other images than the prepared ones. The message names file, field
        and both values.
    """
    file, remedy = _vectors(folder, domain), f"remove {folder}, and it will be rebuilt"
    try:
        record: DomainFeatures = getattr(FeaturesRecord.read(_record(folder)), domain)
        actual = _content(folder, prepared, domain)
    except OSError as error:
        raise UserError(f"{folder}: cannot be read ({error}); {remedy}") from None
    for field, value in actual.items():
        recorded = getattr(record, field)
        if recorded != value:
            raise UserError(f"{file}: its {field} is {value}, but {recorded} in {_record(folder)}; {remedy}")
    return Features(read_array(file, mapped=None), str(file), **{name: getattr(record, name) for name in MADE_BY})


def _content(folder: Path, prepared: Path, domain: Domain) -> dict[str, int | str]:
    """Return the number of a domain's test images, and the sha256 of their array and of their vectors."""
    images = read_manifest(prepared).test[domain]
    return {"images": images.n, "images_sha256": images.sha256, "sha256": file_sha256(_vectors(folder, domain))}


def _vectors(folder: Path, domain: Domain) -> Path:
    return folder / f"{domain}.npy"


def _record(folder: Path) -> Path:
    return folder / "features.json"
