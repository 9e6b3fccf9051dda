from tests.lacking import not_installed, what_is_lacking


def test_what_is_lacking_counts_tests_by_program_and_names_each_package_once():
    sshd, slurm = not_installed("sshd", "openssh-server"), not_installed("SLURM", "munge slurm-wlm")
    assert what_is_lacking(["Skipped: no mirror", *[f"Skipped: {reason}" for reason in (sshd, slurm, slurm)]]) == (
        "3 tests need programs that are not here (SLURM: 2, sshd: 1); apt install openssh-server munge slurm-wlm"
    )


def test_nothing_is_lacking_where_tests_were_skipped_for_other_reasons():
    assert what_is_lacking(["Skipped: no mirror"]) == what_is_lacking([]) == ""
