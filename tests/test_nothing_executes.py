"""No line of the program can turn data into code: proved by reading all of its source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pixcycle import strict_yaml

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "workflow").rglob("*.py")])

BUILTINS = {"eval", "exec", "compile", "__import__"}
RUNS_CODE = {
    *("import_module", "read_pickle", "unsafe_load", "full_load", "run_path", "os.system", "os.popen"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "marshal.loads", "marshal.load", "shelve.open"),
    *("torch.hub.load", "torch.jit.load", "subprocess.getoutput", "subprocess.getstatusoutput"),
}
"""By the end of what is called."""
OWN = "torch.jit.load(io.BytesIO(file.getvalue()))"
"""Of a network that was written into memory the line before, to compare it with what was written."""
SAFE_ONLY_WITH = {"torch.load": ("weights_only", True), "np.load": ("allow_pickle", False)}
PICKLES = {"dill", "cloudpickle", "joblib", "shelve", "marshal"}


def ways_to_run_data(source: str) -> Iterator[str]:
    """The calls in a module that could execute what they read."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name.partition(".")[0] for alias in node.names} | {getattr(node, "module", None) or ""}
            if names & PICKLES or (getattr(node, "module", "") == "pickle" and names & {"load", "loads", "Unpickler"}):
                yield ast.unparse(node)
        if not isinstance(node, ast.Call):
            continue
        called = re.sub(r"^numpy\.", "np.", ast.unparse(node.func))
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if called.removeprefix("builtins.") in BUILTINS or f".{called}".endswith(
            tuple(f".{name}" for name in RUNS_CODE)
        ):
            yield ast.unparse(node)
        if called in SAFE_ONLY_WITH:
            option, value = SAFE_ONLY_WITH[called]
            if not (isinstance(given.get(option), ast.Constant) and given[option].value is value):
                yield ast.unparse(node)
        if called == "yaml.load" and not any(ast.unparse(a) in {"_Loader", "yaml.SafeLoader"} for a in node.args[1:]):
            yield ast.unparse(node)
        if "shell" in given and not (isinstance(given["shell"], ast.Constant) and given["shell"].value is False):
            yield ast.unparse(node)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_can_run_what_it_reads(file):
    assert [way for way in ways_to_run_data(file.read_text()) if way != OWN] == []


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
def test_the_search_finds_each_way_to_run_data(line):
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
def test_the_search_leaves_safe_calls_alone(line):
    assert list(ways_to_run_data(line)) == []


def test_the_reader_of_params_makes_plain_values_only():
    assert issubclass(strict_yaml._Loader, yaml.SafeLoader)
    assert strict_yaml._Loader.yaml_constructors is yaml.SafeLoader.yaml_constructors


def test_shell_commands_of_rules_quote_all_that_is_put_into_them():
    """But for numbers, and for options that are quoted where they are made."""
    plain = {"threads", "resources.gpu", "params.weights", "params.segmenter"}
    shells = []
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for shell in re.findall(r"shell:\n((?: +[\"'][^\n]*\n)+)", file.read_text()):
            shells.append(shell)
            for put in re.findall(r"\{([^{}]+)\}", shell):
                assert put.endswith(":q") or put in plain, f"{file.name}: {{{put}}} in {shell}"
    assert len(shells) == 9
