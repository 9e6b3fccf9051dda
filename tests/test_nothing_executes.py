"""No module can execute data: a search of the whole source for calls that could."""

import ast
import re
from collections.abc import Iterator

import pytest
import yaml

from pixcycle.params import strict_yaml
from tests.support import ROOT

SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.py")])

BUILTINS = {"eval", "exec", "compile", "__import__"}
RUNS_CODE = {
    "import_module",
    "read_pickle",
    "unsafe_load",
    "full_load",
    "run_path",
    "os.system",
    "os.popen",
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "marshal.loads",
    "marshal.load",
    "shelve.open",
    "torch.hub.load",
    "torch.jit.load",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}
"""Calls that can execute data, by the end of their name."""
OWN = {
    "torch.jit.load(io.BytesIO(file.getvalue()))": "a network that the line before wrote into memory",
    "import_module(f'{__package__}.{name}')": "a file of the package itself, listed from its folder",
    "import_module(f'{__name__}.{key}.sections')": "a chapter, whose key params/fields.py found among the folders",
}
SAFE_ONLY_WITH = {"torch.load": ("weights_only", True), "np.load": ("allow_pickle", False)}
PICKLES = {"dill", "cloudpickle", "joblib", "shelve", "marshal"}


def ways_to_run_data(source: str) -> Iterator[str]:
    """Yield the calls in a module that could execute data."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name.partition(".")[0] for alias in node.names} | {getattr(node, "module", None) or ""}
            if names & PICKLES or (getattr(node, "module", "") == "pickle" and names & {"load", "loads", "Unpickler"}):
                yield ast.unparse(node)
        if not isinstance(node, ast.Call):
            continue
        called = re.sub(r"^numpy\.", "np.", ast.unparse(node.func))
        options = {keyword.arg: keyword.value for keyword in node.keywords}
        if called.removeprefix("builtins.") in BUILTINS or f".{called}".endswith(
            tuple(f".{name}" for name in RUNS_CODE)
        ):
            yield ast.unparse(node)
        if called in SAFE_ONLY_WITH:
            option, value = SAFE_ONLY_WITH[called]
            if not (isinstance(options.get(option), ast.Constant) and options[option].value is value):
                yield ast.unparse(node)
        if called == "yaml.load" and not any(ast.unparse(a) in {"_Loader", "yaml.SafeLoader"} for a in node.args[1:]):
            yield ast.unparse(node)
        if "shell" in options and not (isinstance(options["shell"], ast.Constant) and options["shell"].value is False):
            yield ast.unparse(node)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_can_execute_data_that_it_reads(file):
    assert [way for way in ways_to_run_data(file.read_text()) if way not in OWN] == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)",
        "exec(text)",
        "pickle.load(file)",
        "pickle.loads(content)",
        "from pickle import loads",
        "import joblib",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "torch.load(path, weights_only=trusted)",
        "yaml.load(text, yaml.Loader)",
        "yaml.load(text)",
        "yaml.unsafe_load(text)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "numpy.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "os.system(command)",
        "os.popen(command)",
        "subprocess.run(command, shell=True)",
        "subprocess.run(command, shell=shell)",
        "__import__(name)",
        "importlib.import_module(name)",
        "torch.hub.load(repository, name)",
    ],
)
def test_ways_to_run_data_finds_unsafe_calls(line):
    assert len(list(ways_to_run_data(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "torch.load(path, weights_only=True)",
        "yaml.safe_load(text)",
        "np.load(path, allow_pickle=False)",
        "json.loads(text)",
        "subprocess.run([program, argument])",
        "re.compile(pattern)",
        "network.eval()",
    ],
)
def test_ways_to_run_data_ignores_safe_calls(line):
    assert list(ways_to_run_data(line)) == []


def test_strict_yaml_constructs_only_plain_values():
    assert issubclass(strict_yaml._Loader, yaml.SafeLoader)
    assert strict_yaml._Loader.yaml_constructors is yaml.SafeLoader.yaml_constructors


def test_shell_commands_of_rules_quote_their_placeholders():
    """Except numbers, and options that are quoted where they are built."""
    plain = {"threads", "params.weights", "params.segmenter", "params.metric_weights"}
    shells = []
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for shell in re.findall(r"shell:\n((?: +[\"'][^\n]*\n)+)", file.read_text()):
            shells.append(shell)
            for placeholder in re.findall(r"\{([^{}]+)\}", shell):
                assert placeholder.endswith(":q") or placeholder in plain, f"{file.name}: {{{placeholder}}} in {shell}"
    assert len(shells) == 10
