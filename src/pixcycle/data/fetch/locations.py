"""Download, verify and unpack the files of a dataset from its locations, or refuse them with a reason."""

import hashlib
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files as resources
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from pixcycle.base.checksums import file_md5, file_sha256
from pixcycle.base.disk_full import DiskFull, room_for
from pixcycle.base.errors import UserError
from pixcycle.base.files import finished_folder, flush_all_below, local_path, part, put
from pixcycle.base.login import without_login
from pixcycle.data.fetch.archives import archive_content_digest, is_archive, unpack
from pixcycle.data.fetch.digest import content_digest, folder_digest, is_declared, own_path
from pixcycle.data.fetch.download import download
from pixcycle.data.fetch.recorded import RECORDED, hold_to_first_seen, recorded_content
from pixcycle.params.dataset import Source
from pixcycle.records.fetched import Fetched, FetchedSource, fetched_file

T = TypeVar("T")


@dataclass(frozen=True)
class _Task:
    """One source to fetch, and the settings that its locations share."""

    name: str
    source: Source
    work: Path
    mirror: str | None
    recorded: Path | None
    progress: bool

    @property
    def downloads(self) -> Path:
        return self.work / "downloads"


def fetch(
    name: str,
    sources: list[Source],
    out: Path,
    *,
    mirror: str | None,
    recorded: Path | None,
    progress: bool = True,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write the raw folder of a dataset: `fetched.json`, and `files-I/` with the files of archive I.

    Folders, and local files that are not archives, are used where they are. The work happens in OUT.part, where the
    next call continues after an interruption. Relative locations are resolved against the working directory.

    Parameters
    ----------
    mirror
        Address or folder that is tried first, with the path of the source's first http(s) location.
    recorded
        JSON file with the sha256 of the first download of each source that declares no checksum; None if the caller
        checks what it gets.
    check
        Called when everything is fetched. If it raises UserError, nothing is written.

    Raises
    ------
    UserError
        If no location has what the source declares. Gives the reason for each location.
    """
    with finished_folder(out, keep_work=True) as work:
        state = fetched_file(work)
        fetched = Fetched.find(state)
        done = fetched.sources if fetched else []
        for index, source in enumerate(sources[len(done) :], start=len(done)):
            task = _Task(name, source, work, mirror, recorded, progress)
            done.append(_first_good(task, partial(_raw, task, work / f"files-{index}")))
            flush_all_below(work)
            Fetched(dataset=name, sources=done).write(state)
        try:
            check()
        except UserError:
            shutil.rmtree(work)
            raise


def fetch_file(
    name: str, source: Source, out: Path, *, mirror: str | None, recorded: Path, progress: bool = True
) -> None:
    """Write one file, such as the weights of a network, to `out`: verified as in `fetch`, never unpacked."""
    work = part(out)
    with room_for(work):
        work.mkdir(parents=True, exist_ok=True)
        # A content digest describes the files in an archive; here only the file's own sha256 counts.
        task = _Task(name, source.model_copy(update={"content": None}), work, mirror, recorded, progress)
        _first_good(task, partial(_single, task, out))
        shutil.rmtree(work)


def _first_good(task: _Task, take: Callable[[str, Path], T]) -> T:
    """Return the result of `take` for the first location that can be obtained and that it does not refuse."""
    reasons = []
    for location in _in_order(task):
        file = None
        try:
            with room_for(task.work):
                file = _obtain(task, location)
                result = take(location, file)
        except DiskFull:
            raise
        except (UserError, OSError) as error:
            if file and task.downloads in file.parents:
                shutil.rmtree(file.parent)
            reasons.append(f"{location}: {error}")
        else:
            shutil.rmtree(task.downloads, ignore_errors=True)
            return result
    if len(reasons) == 1:
        raise UserError(f"{task.name}: {reasons[0]}; {_advice(task)}")
    listed = [f"  {reason}" for reason in reasons]
    raise UserError(f"{task.name}: no location gave the right data:", *listed, _advice(task))


def _in_order(task: _Task) -> list[str]:
    if not is_declared(task.source) and (own := own_path(task.source, Path())):
        return [str(own)]  # results are named by its digest, so no other location may replace it
    path = _web_path(task.source)
    if not (task.mirror and path):
        return task.source.locations
    base = task.mirror.rstrip("/")
    mirrored = base + (path if "://" in base else unquote(path))
    return [mirrored, *(location for location in task.source.locations if location != mirrored)]


def _web_path(source: Source) -> str | None:
    """Return the path of the source on its first server, such as `/pix2pix/datasets/facades.tar.gz`, or None."""
    return next((urlsplit(location).path for location in source.locations if _is_web(location)), None)


def _is_web(location: str) -> bool:
    return location.startswith(("http://", "https://"))


def _advice(task: _Task) -> str:
    path, own = _web_path(task.source), [place for place in task.source.locations if local_path(place)]
    if task.source.bring:
        return f"{task.source.bring}; put it at {' or '.join(own)} and run the same command again"
    if not path:
        return f"put the right file at {' or '.join(own)}" if own else "install the package that ships it"
    folder = (task.recorded or RECORDED).parent / "mirror"
    by_hand = f"{' or '.join(own)}" if own else f"{folder}{unquote(path)} and set mirror={folder}"
    return (
        "set `mirror` to an address or folder that has it (--config mirror=..., or PIXCYCLE_MIRROR=...), "
        f"or put the file at {by_hand}"
    )


def _raw(task: _Task, files: Path, location: str, file: Path) -> FetchedSource:
    """Return the entry of fetched.json for a verified source; move or unpack what was downloaded into `files`."""
    source, sha256, size, root = task.source, None, None, None
    shutil.rmtree(files, ignore_errors=True)
    try:
        if file.is_dir():
            content = folder_digest(file, cache=None)
        else:
            sha256, size = _checked_sha256(source, file), file.stat().st_size
            if is_archive(file):
                _say(task, f"unpacking {file.name}")
                if sha256 != source.sha256 and task.downloads in file.parents:  # verify the content before unpacking
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
    return FetchedSource(
        location=without_login(location),
        sha256=sha256,
        size=size,
        content=content,
        root=root or _in_project(file),
        in_place=root is None,
    )


def _in_project(file: Path) -> str:
    """Return a path relative to the project, so that a copy of the project reads its own files; else absolute."""
    absolute = file.absolute()
    return str(absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else absolute)


def _check_content(source: Source, sha256: str | None, content: str) -> None:
    """Raise UserError if a folder, or an archive other than the declared one, does not have the declared content."""
    if source.content and source.content != content and (not sha256 or sha256 != source.sha256):
        raise UserError(
            f"its files have the content digest {content}, expected {source.content}: they are not the published ones"
        )
    if (source.sha256 or source.md5) and not source.content and not sha256:
        raise UserError("is a folder, but the declared checksum is that of an archive; declare `content` as well")


def _hold_to_record(task: _Task, location: str, sha256: str | None, size: int | None, contents: set[str]) -> None:
    """Raise UserError if a source that declares no checksum has changed; the user's own files may change.

    Parameters
    ----------
    contents
        Content digests of its files, and of the file itself under its name; one of them must be the recorded one.
    """
    if task.recorded is None or is_declared(task.source) or own_path(task.source, Path()):
        return
    if expected := recorded_content(task.recorded, task.source):
        if expected not in contents:
            raise UserError(
                f"does not match the content digest of the user's own files in {task.recorded}, {expected}; "
                "restore those files, or remove that entry if the change is intended"
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
    """Return the sha256 of a file; raise UserError if it is not the declared one and no `content` is declared."""
    with file.open("rb") as opened:
        if opened.read(64).lstrip().lower().startswith((b"<!doctype html", b"<html")):
            raise UserError("is an HTML page (an error, a login or a moved file), not the data")
    sha256, size = file_sha256(file), file.stat().st_size
    if sha256 == source.sha256 or source.content:
        return sha256
    if source.size and size != source.size:
        problem = "cut off" if size < source.size else "another file"
        raise UserError(f"has {size} bytes, expected {source.size}: it is {problem}")
    if source.sha256:
        raise UserError(
            f"the sha256 is {sha256}, expected {source.sha256}; "
            "if the change is intended, write the new one into params.yaml"
        )
    if source.md5 and (md5 := file_md5(file)) != source.md5:
        raise UserError(f"the md5 is {md5}, expected {source.md5}: it is cut off, or another file")
    return sha256


def _obtain(task: _Task, location: str) -> Path:
    """Return the file or folder of a location: its own path, or that of the download."""
    if location.startswith("package:"):
        return _in_package(location)
    if path := local_path(location):
        if not path.exists():
            raise UserError("no such file or folder")
        return path
    if not _is_web(location):
        raise UserError("must be an http://, https:// or file:// address, package:MODULE/FILE or a path")
    name = PurePosixPath(unquote(urlsplit(location).path)).name or "download"
    to = task.downloads / hashlib.sha256(location.encode()).hexdigest()[:8] / name
    # A repacked archive, identified by its content, may be somewhat larger than the published one.
    largest = task.source.size and task.source.size * (2 if task.source.content else 1)
    download(location, to, title=f"{task.name}  {name}", progress=task.progress, largest=largest)
    return to


def _in_package(location: str) -> Path:
    module, _, name = location.removeprefix("package:").partition("/")
    try:
        file = Path(str(resources(module) / name))
    except (ImportError, TypeError, ValueError):  # not installed, not a package, or not a module name
        raise UserError(f"the Python package {module} is not installed") from None
    if not file.is_file():
        raise UserError(f"{module} is installed, but has no file {name}")
    return file


def _say(task: _Task, text: str) -> None:
    if task.progress:
        print(f"{task.name}  {text}", file=sys.stderr, flush=True)
