"""Params files that are odd, mistaken or hostile, through `pixcycle check`: a line a mistake, or the plan they mean."""

import json
import subprocess

import jsonschema
import pytest
import yaml

from pixcycle import config
from tests.answers import answer
from tests.corpus.form import each, one_line
from tests.corpus.params import NAMED, PARAMS, ROOT, VALID, tree


@each(PARAMS)
def test_a_mistake_in_a_params_file_is_told_with_file_and_field(tmp_path, given):
    given.make(tmp_path / "params.yaml")
    told = answer("check", folder=tmp_path)
    if given.expected is VALID:
        assert told.exit_code == 0 and VALID in told.text, told.text
    else:
        assert told.exit_code == 2 and "Traceback" not in told.text, told.text
        lines = told.text.removeprefix("pixcycle: ").splitlines()
        for line in lines:
            one_line(line)
            assert line.startswith(("params.yaml: ", config.MORE)), line
        assert any(given.expected in line for line in lines), told.text
    assert not (tmp_path / "ran").exists()


@each([row for row in NAMED if not row.name.endswith("ends in a newline")])  # before which $ stands in Python alone
def test_the_schema_for_editors_refuses_the_names_that_the_program_refuses(tmp_path, given):
    given.make(tmp_path / "params.yaml")
    published = json.loads((ROOT / "src/pixcycle/params.schema.json").read_text())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load((tmp_path / "params.yaml").read_text()), published)


def test_every_name_in_the_committed_params_may_stand_in_a_shell_as_it_is():
    params = config.load(ROOT / "params.yaml")
    names = [*params.datasets, *params.scales, *params.published_weights, *params.experiment_ids]
    assert subprocess.check_output(["bash", "-c", f"printf '%s\\n' {' '.join(names)}"], text=True).splitlines() == names


@pytest.mark.parametrize("said", ["nan", "inf", "-1", "0", "1e-300", "1e300", "many", ""])
def test_nonsense_in_the_environment_is_told_by_its_variable(tmp_path, said, monkeypatch):
    from pixcycle.errors import UserError
    from pixcycle.estimate.duration import tflops_of_device

    monkeypatch.setenv("PIXCYCLE_TFLOPS", said)
    with pytest.raises(UserError, match=rf"^PIXCYCLE_TFLOPS: must be .*\(is '{said}'\)$"):
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
        ["plan", "--card", "abacus"],
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
def test_nonsense_on_the_command_line_ends_with_exit_code_2_and_without_a_traceback(tmp_path, options):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree()))
    told = answer(*options, folder=tmp_path)
    assert told.exit_code == 2 and "Traceback" not in told.text, told.text
