"""Start console scripts in milliseconds, as forks of a server that has imported their dependencies.

python forked.py NAME                       run the server at this abstract socket, until its stdin ends
python forked.py NAME PROGRAM ARGUMENT ...  run a program in the server, with this folder and these streams
"""

import json
import os
import socket
import sys
from typing import Any

PRELOADED = [
    "torch.distributed",
    "torchvision",
    "lightning_fabric",
    "scipy.linalg",
    "scipy.stats",
    "skimage.metrics",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "pandas",
    "pydantic",
    "typer",
    "rich",
    "requests",
    "efficientnet_lite_pytorch",
    "safetensors.torch",
    "jinja2",
    "typst",
    "flask",
    "snakemake.cli",
    "snakemake.api",
    "dvc.cli",
    "dvc.commands.repro",
    "dvc.repo",
    "dvc_data.index",
]


def run(name: str, program: str, arguments: list[str]) -> int:
    """Run a program in the server and return its exit code."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(f"\0{name}")
        request = json.dumps([program, arguments, os.getcwd(), dict(os.environ)]).encode()
        socket.send_fds(server, [request], [0, 1, 2])
        return int(server.recv(9) or 1)


def serve(name: str) -> None:
    import gc
    import importlib
    import multiprocessing
    import select

    for module in PRELOADED:
        importlib.import_module(module)
    gc.freeze()  # objects that no garbage collection touches stay shared
    processes = multiprocessing.get_context("fork")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(f"\0{name}")
        listening.listen(99)
        print("ready", flush=True)
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            client, _ = listening.accept()
            processes.Process(target=_answer, args=(client, processes)).start()
            client.close()


def _answer(client: socket.socket, processes: Any) -> None:
    program = processes.Process(target=_run, args=(client,))
    program.start()
    program.join()
    code = program.exitcode
    client.send(str(code if code >= 0 else 128 - code).encode())


def _run(client: socket.socket) -> None:
    """Take over the streams, folder and environment of the client, and run its program."""
    from importlib.metadata import entry_points
    from pathlib import Path

    import torch

    request, streams, _, _ = socket.recv_fds(client, 1 << 20, 3)
    client.close()
    program, arguments, folder, environment = json.loads(request)
    for ours, theirs in enumerate(streams):
        os.dup2(theirs, ours)
        os.close(theirs)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    torch.set_num_threads(int(environment.get("OMP_NUM_THREADS", torch.get_num_threads())))
    sys.path[:0] = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.argv = [str(Path(sys.executable).parent / program), *arguments]
    [script] = entry_points(group="console_scripts", name=program)
    sys.exit(script.load()())


if __name__ == "__main__":
    name, *command = sys.argv[1:]
    if command:
        sys.exit(run(name, command[0], command[1:]))
    serve(name)
