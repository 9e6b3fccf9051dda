"""The folder of the real test images' features: what it says of them, and what it must say to be read."""

import io
from pathlib import Path

import numpy as np

from pixcycle.data.arrays import read_array
from pixcycle.data.digest import file_sha256
from pixcycle.errors import UserError
from pixcycle.files import NotJson, read_json, write_here, write_json
from pixcycle.metrics.compared import MADE_BY, Features


def write_features(folder: Path, prepared: Path, of_domains: dict[str, Features]) -> None:
    """Write A.npy and B.npy, (N, D), and features.json, which says of which prepared images and how they were made."""
    record = {}
    for domain, made in of_domains.items():
        array = io.BytesIO()
        np.save(array, made.vectors)
        write_here(_vectors(folder, domain), array.getbuffer())
        record[domain] = {name: getattr(made, name) for name in MADE_BY}
        record[domain] |= _of_images(prepared, domain) | {"sha256": file_sha256(_vectors(folder, domain))}
    write_json(_record(folder), record)


def read_features(folder: Path, domain: str, prepared: Path) -> Features:
    """Those of one domain. Raises UserError, naming file, field and both values, if they are damaged or of others."""
    file, again = _vectors(folder, domain), f"remove {folder}, and it is made again"
    try:
        said = read_json(_record(folder))[domain]
        made_by = {name: said[name] for name in MADE_BY}
        found = _of_images(prepared, domain) | {"sha256": file_sha256(file)}
    except (OSError, NotJson, LookupError, TypeError) as error:
        raise UserError(f"{folder}: cannot be read ({error}); {again}") from None
    for field, value in found.items():
        if said.get(field) != value:
            raise UserError(f"{file}: its {field} is {value}, but {said.get(field)} in {_record(folder)}; {again}")
    return Features(read_array(file, mapped=None), str(file), **made_by | {"file_types": tuple(said["file_types"])})


def _of_images(prepared: Path, domain: str) -> dict[str, int | str]:
    """How many test images there are of a domain, and which, by the sha256 of their array."""
    images = read_json(prepared / "manifest.json")["splits"]["test"][domain]
    return {"images": images["n"], "images_sha256": images["sha256"]}


def _vectors(folder: Path, domain: str) -> Path:
    return folder / f"{domain}.npy"


def _record(folder: Path) -> Path:
    return folder / "features.json"
