from tests.support.lacking import not_installed, what_is_lacking


def test_what_is_lacking_counts_tests_and_names_packages_once():
    sshd, slurm = not_installed("sshd", "openssh-server"), not_installed("SLURM", "munge slurm-wlm")
    assert what_is_lacking(["Skipped: no mirror", *[f"Skipped: {reason}" for reason in (sshd, slurm, slurm)]]) == (
        "3 tests skipped for lack of programs (SLURM: 2, sshd: 1); "
        "install with: apt install openssh-server munge slurm-wlm"
    )


def test_what_is_lacking_is_empty_for_other_reasons():
    assert what_is_lacking(["Skipped: no mirror"]) == what_is_lacking([]) == ""
