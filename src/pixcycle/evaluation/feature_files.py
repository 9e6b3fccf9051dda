"""The folder with the features of the real test images: writing it, and checking it on reading."""

import io
from pathlib import Path

import numpy as np

from pixcycle.base.errors import UserError
from pixcycle.base.files import NotJson, read_json, write_here, write_json
from pixcycle.data.arrays import read_array
from pixcycle.data.fetch.digest import file_sha256
from pixcycle.metrics.feature_sets import MADE_BY, Features


def write_features(folder: Path, prepared: Path, of_domains: dict[str, Features]) -> None:
    """Write A.npy and B.npy, (N, D), and features.json, which records how and from which images they were computed."""
    record = {}
    for domain, features in of_domains.items():
        array = io.BytesIO()
        np.save(array, features.vectors)
        write_here(_vectors(folder, domain), array.getbuffer())
        record[domain] = {name: getattr(features, name) for name in MADE_BY}
        record[domain] |= _of_images(prepared, domain) | {"sha256": file_sha256(_vectors(folder, domain))}
    write_json(_record(folder), record)


def read_features(folder: Path, domain: str, prepared: Path) -> Features:
    """Return the features of one domain.

    Raises
    ------
    UserError
        If the features are damaged, or belong to other images than the prepared ones. The message names file, field
        and both values.
    """
    file, remedy = _vectors(folder, domain), f"remove {folder}, and it will be rebuilt"
    try:
        record = read_json(_record(folder))[domain]
        made_by = {name: record[name] for name in MADE_BY}
        actual = _of_images(prepared, domain) | {"sha256": file_sha256(file)}
    except (OSError, NotJson, LookupError, TypeError) as error:
        raise UserError(f"{folder}: cannot be read ({error}); {remedy}") from None
    for field, value in actual.items():
        if record.get(field) != value:
            raise UserError(f"{file}: its {field} is {value}, but {record.get(field)} in {_record(folder)}; {remedy}")
    return Features(read_array(file, mapped=None), str(file), **made_by | {"file_types": tuple(record["file_types"])})


def _of_images(prepared: Path, domain: str) -> dict[str, int | str]:
    """Return the number of a domain's test images, and the sha256 of their array."""
    images = read_json(prepared / "manifest.json")["splits"]["test"][domain]
    return {"images": images["n"], "images_sha256": images["sha256"]}


def _vectors(folder: Path, domain: str) -> Path:
    return folder / f"{domain}.npy"


def _record(folder: Path) -> Path:
    return folder / "features.json"
