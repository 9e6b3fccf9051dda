"""Params files that are odd, mistaken or hostile, and the messages of `pixcycle check`."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.corpus.form import Input
from tests.support import ROOT

VALID = "all settings are valid"


@cache
def _whole() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "params.yaml").read_text())


def tree() -> dict[str, Any]:
    """Return the project's params with one experiment at one scale, which load quickly."""
    whole = copy.deepcopy(_whole())
    whole["experiments"] = {"ucsd": {"facades-l1": whole["experiments"]["ucsd"]["facades-l1"]}}
    whole |= {"recipes": {}, "datasets": {name: whole["datasets"][name] for name in ("facades", "cityscapes")}}
    return whole | {"scales": {"full": {"title": "as published"}}}


def edited(at: str, value: Any = None, remove: bool = False):
    """Return a function that writes the params with another value at `a.b.0.c`, or without that entry."""

    def write(file: Path) -> None:
        params = tree()
        *parents, key = at.split(".")
        place = params
        for parent in parents:
            place = place[int(parent) if isinstance(place, list) else parent]
        if remove:
            del place[key]
        else:
            place[int(key) if isinstance(place, list) else key] = value
        file.write_text(yaml.safe_dump(params, allow_unicode=True))

    return write


def renamed(section: str, new: Any):
    """Return a function that writes the params with the experiment, dataset or scale renamed everywhere."""

    def write(file: Path) -> None:
        params = tree()
        experiments = params["experiments"]["ucsd"]
        if section == "experiments":
            experiments[new] = experiments.pop("facades-l1")
        elif section == "datasets":
            params["datasets"][new] = params["datasets"].pop("facades")
            experiments["facades-l1"]["dataset"] = new
        else:
            params["scales"][new], params["scale"] = params["scales"].pop("full"), new
        file.write_text(yaml.safe_dump(params, allow_unicode=True))

    return write


def text(content: str | bytes):
    def write(file: Path) -> None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def with_text(more: str):
    """Return a function that writes the params with more lines at the end."""

    def write(file: Path) -> None:
        file.write_text(yaml.safe_dump(tree()) + more)

    return write


def as_bytes(encode):
    def write(file: Path) -> None:
        file.write_bytes(encode(yaml.safe_dump(tree())))

    return write


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def merged_laughs(levels: int) -> str:
    lines = ["a0: &a0 {k: 1}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, levels))]
    return "\n".join(lines)


L1 = "experiments.ucsd.facades-l1"
RIGHT_NAME = "must be 1 to 64 lower-case letters"
NAMES = {
    "leaves its folder": "../x",
    "is the parent folder": "..",
    "is absolute": "/etc/x",
    "has a space": "a b",
    "has a quote": "a'b",
    "runs a command": "$(reboot)",
    "ends a command": "x;rm -rf ~",
    "looks like an option": "--help",
    "is hidden": ".x",
    "has a dot": "a.b",
    "has a newline": "a\nb",
    "ends in a newline": "a\n",
    "has a wildcard": "{seed}",
    "is upper case": "Facades",
    "has 300 letters": "x" * 300,
    "is empty": "",
    "is not in ASCII": "façades",
}
UCSD = "chapters.ucsd"
ELSEWHERE = "does not belong here; put it beside coded"
OF_READINGS = [
    Input(
        "unknown weights as coded",
        edited(f"{L1}.coded", {"published_weights": "nope", "first_dropout_block": 2, "n_epochs": 0}),
        f"{L1}.coded.published_weights: unknown weights 'nope'; known: map2sat, sat2map",
    ),
    *(
        Input(f"{word} within coded", edited(f"{L1}.coded.{word}", value), f"{L1}.coded.{word}: {ELSEWHERE}")
        for word, value in {
            "coded": {"junk": 1},
            "stated": ["junk"],
            "settled": ["junk"],
            "assumes": {"junk": "x"},
            "label": "x",
            "extra": "x",
        }.items()
    ),
    Input(
        "a method as coded that lacks a written field",
        edited(f"{L1}.coded", {"method": "cogan"}),
        f"params.yaml: {L1}, as coded: first_dropout_block: not used by cogan",
    ),
    *(
        Input(f"{field}: {names}", edited(f"{L1}.{field}", names), f"{L1}.{field}: {told}")
        for field, names, told in (
            ("settled", ["method"], "method is in stated, too; remove it from one of them"),
            ("settled", ["layers"], "layers is in coded, too; remove it from one of them"),
            ("settled", ["label"], "label describes an experiment, and is no setting; remove it"),
            ("stated", ["coded"], "coded describes an experiment, and is no setting; remove it"),
            ("stated", ["betta1"], "unknown field 'betta1'; did you mean 'beta1'?"),
            ("stated", ["lr", "lr"], "must differ from each other; more than once: lr"),
        )
    ),
    Input(
        "a matter of a field that is no setting",
        edited(f"{UCSD}.code.otherwise.0.fields", ["label"]),
        "code.otherwise.0.fields: label describes an experiment, and is no setting; remove it",
    ),
    Input(
        "a misspelt dataset of a calibration",
        edited(f"{UCSD}.calibration.dataset", "cityscape"),
        f"{UCSD}.calibration.dataset: unknown dataset 'cityscape'; did you mean 'cityscapes'?",
    ),
    Input("no readings", edited("readings", []), "params.yaml: readings: name written, coded or both"),
    Input(
        "a calibration's folder with a slash before it",
        edited(f"{UCSD}.calibration.real", "/x"),
        "calibration.real: must be a folder in the archive, without / at its ends (is '/x')",
    ),
    Input(
        "a short digest",
        edited(f"{UCSD}.calibration.content", "abc"),
        "calibration.content: must be 64 hexadecimal digits in lower case (is 'abc')",
    ),
    *(
        Input(f"the misspelt field {at}", edited(at, 1), f"{at}: unknown field; did you mean '{field}'?")
        for at, field in {
            f"{UCSD}.titel": "title",
            f"{UCSD}.code.sourc": "source",
            f"{UCSD}.code.otherwise.0.field": "fields",
            f"{UCSD}.calibration.generatd": "generated",
            f"{UCSD}.calibration.archive.location": "locations",
            f"{L1}.coded.beta": "beta1",
            "datasets.facades.layouts": "layout",
            "datasets.facades.sources.0.md": "md5",
            "published_weights.sat2map.location": "locations",
            "scales.full.resolutions": "resolution",
            "segmenter.step": "steps",
        }.items()
    ),
]
WRONG_VALUES = [
    Input("a batch of 10**12", edited(f"{L1}.batch_size", 10**12), "batch_size: must be less than or equal to 1000000"),
    Input("a load_size of 10**9", edited(f"{L1}.load_size", 10**9), "load_size: must be less than or equal to 16384"),
    Input("a crop_size of 10**12", edited(f"{L1}.crop_size", 10**12), "crop_size: must be less than or equal to 16384"),
    Input("10**18 epochs", edited(f"{L1}.n_epochs", 10**18), "n_epochs: must be less than or equal to 1000000"),
    Input(
        "a crop larger than the image", edited(f"{L1}.crop_size", 512), "load_size: must be at least crop_size (512)"
    ),
    Input(
        "an image too small for its network", edited(f"{L1}.crop_size", 4), "crop_size: a U-Net cannot halve 4 pixels"
    ),
    Input("an image too small for its patch", edited(f"{L1}.crop_size", 16), "patch: PatchGAN 70 needs images of"),
    Input("-1 epochs", edited(f"{L1}.n_epochs", -1), "n_epochs: must be greater than or equal to 0 (is -1)"),
    Input("a batch that is true", edited(f"{L1}.batch_size", True), "batch_size: must be a valid integer (is True)"),
    Input("a batch that is text", edited(f"{L1}.batch_size", "16"), "batch_size: must be a valid integer (is '16')"),
    Input("a batch of a half", edited(f"{L1}.batch_size", 0.5), "batch_size: must be a valid integer (is 0.5)"),
    Input("a rate that is true", edited(f"{L1}.lr", True), "lr: must be a number (is True)"),
    Input("a rate of NaN", edited(f"{L1}.lr", float("nan")), "lr: must be a finite number (is nan)"),
    Input("an infinite rate", edited(f"{L1}.lr", float("inf")), "lr: must be a finite number (is inf)"),
    Input("a rate of 1e400", edited(f"{L1}.lr", "1e400"), "lr: must be a finite number"),
    Input("a rate of zero", edited(f"{L1}.lr", 0), "lr: must be greater than 0 (is 0)"),
    Input("a rate that is a list", edited(f"{L1}.lr", [1]), "lr: must be a valid number"),
    Input("no method", edited(f"{L1}.method", remove=True), "experiments.ucsd.facades-l1.method: is missing"),
    Input(
        "a method of null",
        edited(f"{L1}.method", None),
        "method: must be 'bigan', 'cogan', 'cyclegan', 'feature_loss', 'pix2pix' or 'simgan' (is None)",
    ),
    Input("an unknown field", edited(f"{L1}.learning", 1), "learning: unknown field; "),
    Input("an experiment that is a list", edited(L1, []), f"{L1}: must be a valid dictionary"),
    Input("a label that is a number", edited(f"{L1}.label", 5), "label: must be a valid string (is 5)"),
    Input("a label of 100000 letters", edited(f"{L1}.label", "x" * 100_000), VALID),
    Input("an unknown chapter", edited("experiments.mit", {}), "experiments.mit: must be 'kaist', 'kth'"),
    Input("a seed below 0", edited("seeds", [-1]), "seeds.0: must be greater than or equal to 0 (is -1)"),
    Input("a seed of 2**70", edited("seeds", [2**70]), "seeds.0: must be less than 4294967296"),
    Input("the largest seed", edited("seeds", [2**32 - 1]), VALID),
    Input("no seeds", edited("seeds", []), "seeds: must have at least 1 item; has 0"),
    Input("a seed twice", edited("seeds", [0, 2, 0, 2, 1]), "seeds: must differ from each other; more than once: 0, 2"),
    Input("2000 seeds", edited("seeds", [0] * 2000), "seeds: must have at most 1000 items; has 2000"),
    Input("seeds that are a number", edited("seeds", 3), "seeds: must be a valid list (is 3)"),
    Input("an unknown scale", edited("scale", "../full"), "scale: unknown scale '../full'; "),
    Input("a scale that is a number", edited("scale", 5), "scale: must be a valid string (is 5)"),
    Input("a scale's factor of NaN", edited("scales.full.epochs", float("nan")), "epochs: must be a finite number"),
    Input("a scale with a reserved name", renamed("scales", "published"), "scales.published: reports/published is"),
    Input(
        "a split above its folder",
        edited("datasets.facades.splits.train", [".."]),
        "splits.train.0: must be a folder's name: ",
    ),
    Input("a colour of 256", edited("datasets.facades.classes", {"a": [0, 0, 256]}), "classes.a.2: must be less than"),
    Input(
        "1000 classes", edited("datasets.facades.classes", {str(n): [0, 0, 0] for n in range(999)}), "at most 200 items"
    ),
    Input("a size of 10**30", edited("datasets.facades.sources.0.size", 10**30), "sources.0.size: must be less than"),
    Input(
        "a checksum of 3 letters",
        edited("datasets.facades.sources.0.sha256", "abc"),
        "sha256: must be 64 hexadecimal digits",
    ),
    *(
        Input(f"a location {what}", edited("datasets.facades.sources.0.locations", [where]), "sources.0.locations.0: ")
        for what, where in {
            "with NUL": "a\0b",
            "with a newline": "a\nb",
            "that is empty": "",
            "that is a space": " ",
            "of 5000 letters": "x" * 5000,
            "with a name of 300 letters": "data/" + "x" * 300,
            "in the home of an unknown user": "~nobody-of-that-name/x",
            "that is a number": 5,
        }.items()
    ),
    Input("a location of an unknown kind", edited("datasets.facades.sources.0.locations", ["gopher://x/y"]), VALID),
    Input(
        "a device to read",
        edited("datasets.facades.sources", [{"locations": ["/dev/zero"]}]),
        "/dev/zero: cannot be read (Not",
    ),
    Input("a mirror with a newline", edited("mirror", "http://a\nb"), "mirror: must be an address or a path"),
]
NAMED = [
    Input(f"a name of {section} that {what}", renamed(section, name), RIGHT_NAME)
    for section, names in {"experiments": NAMES, "datasets": list(NAMES)[:5], "scales": list(NAMES)[5:10]}.items()
    for what, name in ((what, NAMES[what]) for what in names)
]
TEXTS = [
    Input("nothing", text(""), "must be a valid dictionary"),
    Input("a list", text("[1, 2]"), "must be a valid dictionary"),
    Input("a word", text("full"), "must be a valid dictionary"),
    Input("two documents", text("a: 1\n---\nb: 2\n"), "not YAML: expected a single document"),
    Input("binary data", text(bytes(range(256)) * 9), "is not UTF-8 text"),
    Input("a NUL", text("scale: full\0"), "not YAML: unacceptable character #x0000"),
    Input("Latin-1", text("scale: f\xfcll".encode("latin-1")), "is not UTF-8 text"),
    Input("a byte order mark", as_bytes(lambda content: content.encode("utf-8-sig")), VALID),
    Input("UTF-16", as_bytes(lambda content: content.encode("utf-16")), "is not UTF-8 text"),
    Input("Windows line endings", as_bytes(lambda content: content.replace("\n", "\r\n").encode()), VALID),
    Input("a tab", text("scale:\n\tfull"), "not YAML: while scanning for the next token found character '\\t'"),
    Input("an open bracket", text("scale: [full\n"), "not YAML: while parsing a flow sequence"),
    Input(
        "a tag that runs a command", text('a: !!python/object/apply:os.system ["touch ran"]'), "constructor for the tag"
    ),
    Input("a tag that creates an object", text("a: !!python/name:os.system"), "could not determine a constructor"),
    Input("a key twice", with_text("scale: full\n"), "not YAML: the key 'scale' twice"),
    Input("an experiment twice", with_text("recipes: {a: {b: 1, b: 2}}\n"), "twice"),
    Input("a key that is a list", text("? [a]\n: 1\n"), "not YAML: "),
    Input("a list that contains itself", with_text("more: &a [*a]\n"), "its values are nested more than 20 deep"),
    Input("a mapping that contains itself", with_text("more: &a {b: *a}\n"), "its values are nested more than 20 deep"),
    Input("a mapping merged into itself", with_text("more: &a {<<: *a}\n"), "more: unknown field"),
    Input("a billion laughs", text(laughs(10)), "its aliases make more than 200000 values"),
    Input("a billion laughs by merging", text(merged_laughs(40)), "too much to merge"),
    Input("20000 brackets", text("[" * 20_000), "its values are nested more than 20 deep"),
    Input("100 MB", text(b"a: " + b"x" * 100_000_000), "has more than 1000000 bytes"),
    Input("a number of 5000 digits", text("seeds: [" + "9" * 5000 + "]"), "not YAML: Exceeds the limit"),
    Input("a hexadecimal number of 5000 digits", text("seeds: [0x" + "f" * 5000 + "]"), "seeds.0: "),
    Input("a date that does not exist", text("a: 2024-13-45"), "line 1, column 4"),
    Input("keys that YAML does not read as strings", text("true: 1\n1.5: 3\n~: 4\n"), "should be strings"),
    *(
        Input(f"the ambiguous value {value}", with_text(f"extra: [{value}]\n"), f"{value} is not the same in YAML 1.1")
        for value in ("yes", "Off", "ON", "010", "-0_7", "0o17", "0b11", "1:30", "12:30:45.5", "2024-1-1")
    ),
    *(
        Input(f"the quoted value {value}", with_text(f"extra: ['{value}']\n"), "extra: unknown field")
        for value in ("yes", "010", "1:30", "2024-01-01")
    ),
    Input("keys of emoji", text("\U0001f600: 1"), "\U0001f600: unknown field; known: scale"),
    Input("a folder", lambda file: file.mkdir(), "params.yaml: cannot be read: Is a directory"),
    Input("no file", lambda file: None, "params.yaml: no such file"),
    Input("a link to itself", lambda file: file.symlink_to(file.name), "params.yaml: cannot be read: Too many levels"),
]
PARAMS = [*OF_READINGS, *WRONG_VALUES, *NAMED, *TEXTS]
