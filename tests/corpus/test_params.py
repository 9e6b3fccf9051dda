"""Tests of `pixcycle check` with odd, mistaken and hostile params files: one line per mistake, or a valid plan."""

import json
import subprocess

import jsonschema
import pytest
import yaml

from pixcycle.params.load import MORE, load_params
from tests.corpus.form import each, one_line
from tests.corpus.params import NAMED, PARAMS, ROOT, VALID, tree
from tests.support.answers import answer


@each(PARAMS)
def test_check_reports_mistakes_in_params_with_file_and_field(tmp_path, given):
    given.make(tmp_path / "params.yaml")
    result = answer("check", folder=tmp_path)
    if given.expected is VALID:
        assert result.exit_code == 0 and VALID in result.text, result.text
    else:
        assert result.exit_code == 2 and "Traceback" not in result.text, result.text
        lines = result.text.removeprefix("pixcycle: ").splitlines()
        for line in lines:
            one_line(line)
            assert line.startswith(("params.yaml: ", MORE)), line
        assert any(given.expected in line for line in lines), result.text
    assert not (tmp_path / "ran").exists()


@each([row for row in NAMED if not row.name.endswith("ends in a newline")])  # only Python's $ matches before it
def test_params_schema_refuses_the_names_that_check_refuses(tmp_path, given):
    given.make(tmp_path / "params.yaml")
    published = json.loads((ROOT / "src/pixcycle/params/params.schema.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load((tmp_path / "params.yaml").read_text()), published)


def test_names_in_the_committed_params_need_no_shell_quoting():
    params = load_params(ROOT / "params.yaml")
    names = [*params.datasets, *params.scales, *params.published_weights, *params.experiment_ids]
    assert subprocess.check_output(["bash", "-c", f"printf '%s\\n' {' '.join(names)}"], text=True).splitlines() == names


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e-300", "1e300", "many", ""])
def test_tflops_of_device_names_an_invalid_environment_variable(tmp_path, value, monkeypatch):
    from pixcycle.base.errors import UserError
    from pixcycle.estimate.duration import tflops_of_device

    monkeypatch.setenv("PIXCYCLE_TFLOPS", value)
    with pytest.raises(UserError, match=rf"^PIXCYCLE_TFLOPS: must be .*\(is '{value}'\)$"):
        tflops_of_device()


@pytest.mark.parametrize(
    "options",
    [
        ["check", "--params", "nowhere/params.yaml"],
        ["check", "--nonsense"],
        ["check", "--params"],
        ["nonsense"],
        ["plan", "--tflops", "many"],
        ["plan", "--tflops", "-1"],
        ["plan", "--tflops", "nan"],
        ["plan", "--devices", "0"],
        ["plan", "--gpu", "abacus"],
        ["plan", "--scale", "../x"],
        ["show", "\n"],
        ["show", "../x"],
        ["runs", "$(reboot)"],
        ["digest", "nowhere"],
        ["digest", "/dev/null"],
        ["compare", "ucsd-facades-l1", "../../x"],
        ["compare", "ucsd-facades-l1", "--seed", "x"],
        ["metrics", "nowhere", "nowhere"],
        ["import-weights", "nowhere.pth", "--generator", "unet_256"],
        ["job", "fetch", "tiny", "--plan", "nowhere.json", "--out", "x"],
        ["train", "tiny", "--plan", "params.yaml", "--prepared", "x", "--out", "x"],
    ],
    ids=" ".join,
)
def test_invalid_command_lines_exit_with_2_without_a_traceback(tmp_path, options):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree()))
    result = answer(*options, folder=tmp_path)
    assert result.exit_code == 2 and "Traceback" not in result.text, result.text
