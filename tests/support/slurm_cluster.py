"""A temporary SLURM cluster on this machine: two nodes, each with two fake GPUs.

python tests/support/slurm_cluster.py COMMAND ...    run a command on the cluster
"""

import os
import platform
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

NODES = ("node1", "node2")
PACKAGES = {"munged": "munge", "slurmctld": "slurm-wlm", "slurmd": "slurm-wlm", "sbatch": "slurm-wlm"}
PATH = f"{os.environ['PATH']}:/usr/sbin"
"""Includes the folder of Debian's daemons, which an ordinary user can start as well."""
GPUS = ("/dev/null", "/dev/zero")
"""SLURM accepts any character device as a GPU; nothing opens these as one."""

CONFIGURATION = """\
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
AccountingStorageType=accounting_storage/none
# No systemd or control groups needed; memory is allocated but not enforced.
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0
ReturnToService=2
KillWait=10
MinJobAge=3600
GresTypes=gpu
NodeName=DEFAULT CPUs={gpus} RealMemory=64000 Gres=gpu:{gpus}
{nodes}
PartitionName=other Nodes=ALL Default=YES
PartitionName=gpu Nodes=ALL
"""


def why_not() -> str:
    """Return the reason why this machine cannot run a cluster; empty if it can."""
    if absent := [package for program, package in PACKAGES.items() if not shutil.which(program, path=PATH)]:
        return f"SLURM is not installed (on Debian and Ubuntu: apt install {' '.join(dict.fromkeys(absent))})"
    if " " in sys.executable:
        return f"Snakemake submits no jobs with a Python whose path has a space: {sys.executable}"
    return ""


@contextmanager
def cluster() -> Iterator[dict[str, str]]:
    """Run a cluster for the duration of the block, and yield the environment for its commands."""
    with tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as place, ExitStack() as daemons:
        folder = Path(place)
        environment = os.environ | _configure(folder)
        munge = [f"--{name}-file={folder}/munge.{name}" for name in ("key", "pid", "seed")]
        commands = {
            "munged": ["munged", "--foreground", f"--socket={folder}/munge.socket", *munge],
            "slurmctld": ["slurmctld", "-D"],
            **{node: ["slurmd", "-D", "-N", node] for node in NODES},
        }
        daemons.callback(_kill_strays, folder)
        for name, command in commands.items():
            daemons.enter_context(_running(command, folder / f"{name}.log", environment))
        states = ["sinfo", "--noheader", "--Node", "--partition=gpu", "--format=%t"]
        _until(lambda: _output(states, environment).split() == ["idle"] * len(NODES), "idle nodes", folder)
        try:
            yield environment
        finally:
            subprocess.run(["scancel", "--me"], env=environment, check=True, timeout=60)
            _until(lambda: not _output(["squeue", "--noheader"], environment), "the end of all jobs", folder)


def jobs() -> list[dict[str, str]]:
    """Return all jobs since the cluster was started, with SLURM's fields: `JobId`, `JobState`, `TimeLimit` etc."""
    lines = _output(["scontrol", "show", "jobs", "--oneliner"]).splitlines()
    return [dict(re.findall(r"([^\s=]+)=(\S*)", line)) for line in lines if line.startswith("JobId=")]


def _configure(folder: Path) -> dict[str, str]:
    """Write the configuration of the daemons, and return the environment variables for SLURM's commands."""
    folder.chmod(0o755)
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o400)
    (folder / "state").mkdir()
    host = platform.node().split(".")[0]
    controller, *ports = _free_ports(1 + len(NODES))
    (folder / "slurm.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            host=host,
            user=pwd.getpwuid(os.geteuid()).pw_name,
            controller=controller,
            gpus=len(GPUS),
            nodes="\n".join(
                f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port}"
                for node, port in zip(NODES, ports, strict=True)
            ),
        )
    )
    (folder / "gres.conf").write_text("".join(f"Name=gpu File={device}\n" for device in GPUS))
    # The srun of Snakemake's jobs has no SLURM_CONF; on a permanent cluster, /etc/slurm replaces it.
    (folder / "bin").mkdir()
    srun = folder / "bin" / "srun"
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n')
    srun.chmod(0o755)
    return {"SLURM_CONF": f"{folder}/slurm.conf", "PATH": f"{folder}/bin:{PATH}"}


@contextmanager
def _running(command: list[str], log_file: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a daemon until the end of the block, or until this process is killed."""
    with log_file.open("wb") as log:
        command = ["setpriv", "--pdeathsig", "TERM", *command]
        daemon = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _kill_strays(folder: Path) -> None:
    """Kill remaining processes: without control groups, SLURM loses track of a process whose parent died first."""
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it ended, or is another user's
            if f"SLURM_CONF={folder}/".encode() in environ.read_bytes():
                os.kill(int(environ.parent.name), signal.SIGKILL)


def _until(true: Callable[[], bool], what: str, folder: Path, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            logs = "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in sorted(folder.glob("*.log")))
            raise TimeoutError(f"waited {seconds:g} s for {what}\n{logs}")
        time.sleep(0.1)


def _output(command: list[str], environment: dict[str, str] | None = None) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60).stdout


def _free_ports(n: int) -> list[int]:
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(n)]
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]


if __name__ == "__main__":
    if reason := why_not():
        sys.exit(reason)
    with cluster() as environment:
        print(f"on a SLURM cluster of {len(NODES)} nodes: {shlex.join(sys.argv[1:])}", flush=True)
        done = subprocess.run(sys.argv[1:], env=environment)
    sys.exit(done.returncode)
