"""Tests of DVC remotes, with real servers on this machine: a folder, S3 and SSH."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lacking import not_installed
from tests.workflow.conftest import NOTHING_TO_DO

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


@pytest.fixture
def folder(tmp_path) -> dict[str, str]:
    return {"url": str(tmp_path / "remote")}


@pytest.fixture
def s3(monkeypatch) -> Iterator[dict[str, str]]:
    """A bucket on a moto server."""
    import boto3
    from moto.server import ThreadedMotoServer

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of the tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket="pixcycle")
    yield {"url": "s3://pixcycle/data", "endpointurl": address}
    server.stop()


@pytest.fixture
def ssh(tmp_path) -> Iterator[dict[str, str]]:
    """A folder served by a separate sshd with its own keys."""
    sshd = SSHD or lacking(not_installed("sshd", "openssh-server"))
    if os.geteuid() == 0:  # required by root's sshd, and otherwise created by the service manager
        Path("/run/sshd").mkdir(exist_ok=True)
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / key)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\n"
        f"PidFile {tmp_path}/pid\nStrictModes no\nUsePAM no\nSubsystem sftp internal-sftp\n"
    )
    with (tmp_path / "sshd.log").open("w") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", str(tmp_path / "sshd_config")], stderr=log)
    try:
        until = time.monotonic() + 20
        while "listening" not in (output := (tmp_path / "sshd.log").read_text()):
            if server.poll() is not None or time.monotonic() > until:
                lacking(f"sshd does not run here: {output.strip()}")
            time.sleep(0.05)
        yield {"url": f"ssh://127.0.0.1:{port}{tmp_path}/remote", "keyfile": str(tmp_path / "user")}
    finally:
        server.kill()
        server.wait()


def lacking(reason: str) -> None:
    """Skip the test, or fail if it is required."""
    (pytest.fail if os.environ.get("PIXCYCLE_REQUIRE_SSHD") else pytest.skip)(reason)


@pytest.mark.parametrize("kind", ["folder", "s3", "ssh"])
def test_dvc_push_pull_and_gc_with_each_kind_of_remote(project, tmp_path, request, kind):
    settings = request.getfixturevalue(kind)
    project.run("dvc", "remote", "add", "--default", "there", settings.pop("url"))
    for name, value in settings.items():
        project.run("dvc", "remote", "modify", "there", name, value)
    project.commit()
    (project.folder / "obsolete.bin").write_bytes(b"what nothing names any more")
    project.run("dvc", "add", "obsolete.bin")
    project.run("dvc", "push")
    obsolete = (project.folder / "obsolete.bin.dvc").rename(tmp_path / "obsolete.bin.dvc")
    project.run("dvc", "gc", "--workspace", "--cloud", "--force")

    clone = project.clone(tmp_path / "a clone")
    clone.run("dvc", "pull")
    assert "up to date" in clone.run("dvc", "status")
    assert NOTHING_TO_DO in clone.snakemake()
    assert clone.trained() == []

    shutil.copy(obsolete, clone.folder)
    assert "obsolete.bin" in clone.run("dvc", "pull", "obsolete.bin.dvc", fails=True)
