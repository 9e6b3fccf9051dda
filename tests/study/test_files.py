"""Which study files a report reads."""

import pytest

from pixcycle.base.errors import UserError
from pixcycle.paths import STUDIES
from pixcycle.study.files import answered, study_file
from pixcycle.study.storage import Study
from tests.study.conftest import RUN, N


def test_answered_names_the_damaged_study_of_a_run(tmp_path):
    file = study_file(RUN, "b_to_a", tmp_path)
    Study(file, N)
    assert answered([RUN], tmp_path).keys() == {file.name}
    file.write_bytes(b"")
    with pytest.raises(UserError, match=rf"{file.name}: is not a study file"):
        answered([RUN], tmp_path)


def test_answered_ignores_studies_of_other_images(tmp_path):
    (tmp_path / STUDIES).mkdir(parents=True)
    (tmp_path / STUDIES / "old-0-a_to_b-0123456789ab.sqlite").write_bytes(b"")
    assert answered([RUN], tmp_path) == {}
