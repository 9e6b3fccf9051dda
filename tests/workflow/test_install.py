"""Tests of `make install`: installation with uv or else pip, and its progress messages."""

import importlib.util
import sys

import pytest

from tests.support import ROOT


@pytest.fixture
def install(tmp_path, monkeypatch):
    """The module workflow/install.py, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    spec = importlib.util.spec_from_file_location("install", ROOT / "workflow/install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.DOWNLOADS.mkdir(parents=True)
    module.LOCK.write_text("# a comment\nPyYAML==6.0.3\nruamel.yaml==0.19.1\nzc.lockfile==4.0\n")
    return module


def test_uv_environment_takes_over_the_configuration_of_pip(install):
    pip_config = """\
:env:.cert='/certificates.crt'
:env:.timeout='180'
global.cert='/other.crt'
global.extra-index-url='file:///one https://two.invalid/simple'
global.index-url='https://global.invalid'
install.find-links='\\n/wheels\\n/more'
install.index-url='https://install.invalid'
"""
    assert install.uv_environment(pip_config) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://install.invalid",
        "UV_INDEX": "file:///one https://two.invalid/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/certificates.crt",
    }


def test_progress_counts_packages_of_the_lock(install):
    def make(*paths):
        for path in paths:
            (install.ENVIRONMENT / path).mkdir(parents=True)

    assert install.progress() == "0 of 3 packages downloaded, 0 installed"
    make("downloads/archive-v0/x7/pyyaml-6.0.3.dist-info", "downloads/archive-v0/x8/not_locked-1.0.dist-info")
    make("downloads/pip-unpack-x9/ruamel_yaml-0.19.1-py3-none-any.whl")
    assert install.progress() == "2 of 3 packages downloaded, 0 installed"
    make("lib/python3.12/site-packages/zc_lockfile-4.0.dist-info", "lib/python3.12/site-packages/pip-26.3.dist-info")
    assert install.progress() == "3 of 3 packages downloaded, 1 installed"
    make(
        "lib/python3.12/site-packages/PyYAML-6.0.3.dist-info",
        "lib/python3.12/site-packages/ruamel.yaml-0.19.1.dist-info",
    )
    assert install.progress() == "all 3 packages installed, finishing"


def test_succeeds_prints_progress_while_the_installer_runs(install, monkeypatch, capsys):
    monkeypatch.setattr(install, "SECONDS_BETWEEN_LINES", 0.2)
    assert install.succeeds([sys.executable, "-c", "import time; time.sleep(1)"])
    assert "installing: 0 of 3 packages downloaded, 0 installed, 0 s\n" in capsys.readouterr().out
    assert not install.succeeds([sys.executable, "-c", "raise SystemExit(3)"])


def test_succeeds_lets_the_users_own_variables_prevail(install, monkeypatch):
    monkeypatch.setenv("UV_INDEX", "mine")
    command = [sys.executable, "-c", "import os; assert os.environ['UV_INDEX'] == 'mine'"]
    assert install.succeeds(command, {"UV_INDEX": "from pip"})


@pytest.mark.parametrize(("failing", "code"), [("none", 0), ("uv", 0), ("pip", 1)])
def test_main_falls_back_to_pip_and_reports_its_failure(failing, code, install, monkeypatch, capsys):
    """Let no command fail, those of uv, or all commands."""

    def succeeds(command, variables=None):
        ran.append(command)
        return failing == "none" or (failing == "uv" and command[0] == install.PYTHON)

    ran = []
    monkeypatch.setattr(install, "succeeds", succeeds)
    monkeypatch.setattr(install.subprocess, "run", lambda *_, **__: type("Config", (), {"stdout": ""}))
    assert install.main() == code
    out, err = capsys.readouterr()
    assert ("uv failed, trying pip" in out) == (failing != "none")
    assert ("The installation failed; see pip's message above" in err) == (failing == "pip")
    assert install.DOWNLOADS.exists() == (failing == "pip")
    last = install.UV_INSTALL if failing == "none" else install.PIP_INSTALL
    if code == 0:
        assert ran[-1] == [*last, *install.PROJECT]
