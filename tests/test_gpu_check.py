"""benchmarks/gpu.py: it runs on a CPU, and each of its checks can fail."""

import json
import os
import subprocess
import sys
import time

import pytest
import torch
from gpu_checks import compiled, groups, numerics, running, small, speed
from gpu_checks.outcome import CheckFailed, outcome_of

from pixcycle.models.pool import ImagePool
from tests.support import ROOT

CPU = torch.device("cpu")
FOR_GPUS_ONLY = {
    "TF32 only where requested",
    "two processes on one GPU",
    *(name for name in numerics.CHECKS if name.startswith(("tf32", "16-mixed"))),
    *(name for name in running.CHECKS if name.startswith("no synchronisation")),
    *compiled.CHECKS,
}


def gpu_py(*arguments, python=(), **variables):
    command = [sys.executable, *python, str(ROOT / "benchmarks/gpu.py"), *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"} | variables
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500)


def test_gpu_check_passes_on_cpu_and_writes_json_and_table(tmp_path):
    done = gpu_py("--device", "cpu", "--seconds", 450, "--out", tmp_path / "results.json")
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    checks = {check["name"]: check for check in results["checks"]}
    assert list(checks) == [*numerics.CHECKS, *running.CHECKS, *speed.CHECKS, *compiled.CHECKS]
    skipped = {name for name, check in checks.items() if check["status"] == "skipped"}
    assert skipped == FOR_GPUS_ONLY
    assert all(checks[name]["reason"] for name in skipped)
    for name in checks.keys() - skipped:
        assert checks[name]["status"] == "passed" and checks[name]["values"], name
        assert f"| {name} | passed |" in done.stdout
    assert results["machine"]["torch"] == torch.__version__
    rows = checks["speed: pix2pix 256, batch 1"]["values"]["rows"]
    ways = ["authors, float32", "authors, PyTorch defaults", "32-true", "bf16-mixed"]
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
def test_gpu_check_fails_for_losses_of_other_networks(check):
    outcome = outcome_of("other weights", lambda device: check(), CPU)
    assert (outcome.status, outcome.reason) == ("failed", "the losses differ")
    assert outcome.values["differs by"] > outcome.values["allowed"]


def test_compared_fails_for_losses_that_are_nan_or_hardly_change():
    losses = [{"g": 1.0}, {"g": 2.0}]
    assert small.compared(losses, losses, 1e-4)["differs by"] == 0
    with pytest.raises(CheckFailed, match="differ") as failed:
        small.compared([{"g": 1.0}, {"g": float("nan")}], losses, 1e-4)
    assert failed.value.values["differs by"] == "not finite"
    with pytest.raises(CheckFailed, match="hardly change"):
        small.compared([{"g": 1.0}] * 2, [{"g": 1.0}] * 2, 1e-4)


def test_channels_last_check_fails_if_layout_changes_losses(monkeypatch):
    true = small.losses

    def wrong(*arguments, layout=None, **more):
        return true(*arguments, **more, seed=1) if layout else true(*arguments, **more)

    monkeypatch.setattr(numerics, "losses", wrong)
    with pytest.raises(CheckFailed, match="differ"):
        numerics.channels_last(CPU)


@pytest.mark.parametrize("forgotten", ["pool", "random numbers"])
def test_resumes_to_the_bit_check_fails_if_state_is_incomplete(forgotten, monkeypatch):
    if forgotten == "pool":
        monkeypatch.setattr(ImagePool, "load_state_dict", lambda self, state: None)
    else:
        monkeypatch.setattr(torch, "set_rng_state", lambda state: None)
    with pytest.raises(CheckFailed, match="tensors differ"):
        running.resumes_to_the_bit("CycleGAN, U-Net", CPU)
    assert not torch.are_deterministic_algorithms_enabled()


def test_one_gpu_one_process_check_fails_if_two_get_one_gpu():
    with pytest.raises(CheckFailed, match="does not wait"):
        running.one_gpu_one_process(CPU, locks=("locks", "others"))


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


def test_gpu_checks_that_die_raise_or_hang_do_not_stop_others(tmp_path, monkeypatch):
    (tmp_path / "odd_gpu_checks.py").write_text(ODD)
    (tmp_path / "gpu_checks_that_hang.py").write_text(HANGS)
    monkeypatch.syspath_prepend(tmp_path)

    def outcomes_of(group, seconds):
        monkeypatch.setattr(groups, "GROUPS", [group])
        return {o.name: (o.status, o.reason) for o in groups.outcomes("cpu", time.monotonic() + seconds)}

    assert outcomes_of("odd_gpu_checks", 300) == {
        "dies": ("failed", "its process died"),
        "raises": ("failed", "ValueError: broken in two lines"),
        "passes": ("passed", ""),
    }
    monkeypatch.setattr(groups, "HANGS", 2.0)
    assert outcomes_of("gpu_checks_that_hang", 4) == {
        "hangs": ("failed", "did not end before the time was up"),
        "never begins": ("skipped", "the time was up"),
    }


def test_gpu_check_without_packages_or_gpu_exits_with_2_in_one_line():
    bare = gpu_py("--device", "cpu", python=("-I", "-S"))
    assert bare.returncode == 2
    [line] = bare.stderr.splitlines()
    assert line.startswith("missing: torch, numpy, pydantic, lightning-fabric, safetensors;")
    assert "pip install 'torch>=2.11' 'numpy>=" in line
    no_gpu = gpu_py(CUDA_VISIBLE_DEVICES="")
    assert no_gpu.returncode == 2
    assert "--device cpu" in no_gpu.stderr and no_gpu.stderr.count("\n") == 1
