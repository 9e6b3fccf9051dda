"""benchmarks/gpu.py tries itself on the CPU; each of its checks can fail."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from gpu_checks import compiled, groups, numerics, running, small, speed
from gpu_checks.outcome import CheckFailed, outcome_of

from pixcycle.models.pool import ImagePool

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")
FOR_CARDS_ONLY = {
    *("TF32 only where it is asked for", "two processes on one card"),
    *(name for name in numerics.CHECKS if name.startswith(("tf32", "16-mixed"))),
    *(name for name in running.CHECKS if name.startswith("no synchronisation")),
    *compiled.CHECKS,
}


def gpu_py(*arguments, python=(), **variables):
    command = [sys.executable, *python, str(ROOT / "benchmarks/gpu.py"), *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)


def test_gpu_check_passes_on_the_cpu_and_writes_all_that_it_found(tmp_path):
    done = gpu_py("--device", "cpu", "--seconds", 450, "--out", tmp_path / "found.json")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    checks = {check["name"]: check for check in found["checks"]}
    assert list(checks) == [*numerics.CHECKS, *running.CHECKS, *speed.CHECKS, *compiled.CHECKS]
    skipped = {name for name, check in checks.items() if check["status"] == "skipped"}
    assert skipped == FOR_CARDS_ONLY
    assert all(checks[name]["reason"] for name in skipped)
    for name in checks.keys() - skipped:
        assert checks[name]["status"] == "passed" and checks[name]["values"], name
        assert f"| {name} | passed |" in done.stdout
    assert found["machine"]["torch"] == torch.__version__
    rows = checks["speed: pix2pix 256, batch 1"]["values"]["rows"]
    ways = ["authors, float32", "authors, as PyTorch comes", "32-true", "bf16-mixed"]
    assert [row["way"] for row in rows] == ways
    assert all(row["steps/s"] > 0 for row in rows)
    assert [row["times as fast"] > 0 for row in rows[2:]] == [True, True]
    assert checks["data delivered, batch 1"]["values"]["pairs/s"] > 0


@pytest.mark.parametrize(
    "check",
    [
        lambda: numerics.against_the_cpu("pix2pix", CPU, seed=1),
        lambda: numerics.in_precision("bf16-mixed", "pix2pix", CPU, seed=1),
    ],
    ids=["against the CPU", "bf16 against float32"],
)
def test_losses_of_other_networks_fail_a_gpu_check(check):
    outcome = outcome_of("other weights", lambda device: check(), CPU)
    assert (outcome.status, outcome.reason) == ("failed", "the losses differ")
    assert outcome.values["differs by"] > outcome.values["allowed"]


def test_losses_that_are_nan_or_do_not_change_fail_a_gpu_check():
    losses = [{"g": 1.0}, {"g": 2.0}]
    assert small.compared(losses, losses, 1e-4)["differs by"] == 0
    with pytest.raises(CheckFailed, match="differ") as failed:
        small.compared([{"g": 1.0}, {"g": float("nan")}], losses, 1e-4)
    assert failed.value.values["differs by"] == "not finite"
    with pytest.raises(CheckFailed, match="hardly change"):
        small.compared([{"g": 1.0}] * 2, [{"g": 1.0}] * 2, 1e-4)


def test_layout_gpu_check_fails_where_a_layout_changes_losses(monkeypatch):
    true = small.losses

    def wrong(*given, layout=None, **more):
        return true(*given, **more, seed=1) if layout else true(*given, **more)

    monkeypatch.setattr(numerics, "losses", wrong)
    with pytest.raises(CheckFailed, match="differ"):
        numerics.channels_last(CPU)


@pytest.mark.parametrize("forgotten", ["pool", "random numbers"])
def test_resume_gpu_check_fails_where_a_state_is_incomplete(forgotten, monkeypatch):
    if forgotten == "pool":
        monkeypatch.setattr(ImagePool, "load_state_dict", lambda self, state: None)
    else:
        monkeypatch.setattr(torch, "set_rng_state", lambda state: None)
    with pytest.raises(CheckFailed, match="tensors differ"):
        running.resumes_to_the_bit("CycleGAN, U-Net", CPU)
    assert not torch.are_deterministic_algorithms_enabled()


def test_lease_gpu_check_fails_where_two_processes_get_one_card():
    with pytest.raises(CheckFailed, match="does not wait"):
        running.one_card_one_process(CPU, locks=("locks", "others"))


ODD = """
import os, time
def dies(device): os._exit(9)
def raises(device): raise ValueError("broken\\nin two lines")
def passes(device): return {"n": 1}
CHECKS = {"dies": dies, "raises": raises, "passes": passes}
"""


HANGS = """
import time
def hangs(device): time.sleep(600)
CHECKS = {"hangs": hangs, "never begins": hangs}
"""


def test_gpu_checks_that_die_raise_or_hang_leave_the_others_alone(tmp_path, monkeypatch):
    (tmp_path / "odd_gpu_checks.py").write_text(ODD)
    (tmp_path / "gpu_checks_that_hang.py").write_text(HANGS)
    monkeypatch.syspath_prepend(tmp_path)

    def found(group, seconds):
        monkeypatch.setattr(groups, "GROUPS", [group])
        return {o.name: (o.status, o.reason) for o in groups.outcomes("cpu", time.monotonic() + seconds)}

    assert found("odd_gpu_checks", 300) == {
        "dies": ("failed", "its process died"),
        "raises": ("failed", "ValueError: broken in two lines"),
        "passes": ("passed", ""),
    }
    monkeypatch.setattr(groups, "HANGS", 2.0)
    assert found("gpu_checks_that_hang", 4) == {
        "hangs": ("failed", "had not ended when the time was up"),
        "never begins": ("skipped", "the time was up"),
    }


def test_gpu_check_without_packages_or_a_card_says_so_in_one_line_and_exits_with_2():
    bare = gpu_py("--device", "cpu", python=("-I", "-S"))
    assert bare.returncode == 2
    [line] = bare.stderr.splitlines()
    assert line.startswith("missing: torch, numpy, pydantic, lightning-fabric, safetensors; get them with: ")
    assert "pip install 'torch>=2.11' 'numpy>=" in line
    no_card = gpu_py(CUDA_VISIBLE_DEVICES="")
    assert no_card.returncode == 2
    assert no_card.stderr == "no CUDA device here; --device cpu tries the program itself\n"
