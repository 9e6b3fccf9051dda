"""Study files that are damaged, foreign or left by a killed server."""

import os
import sqlite3
from contextlib import closing

import pytest

from pixcycle.base.errors import UserError
from pixcycle.study.protocol import Protocol
from pixcycle.study.storage import Study, read_answers, read_protocol
from tests.study.conftest import N
from tests.support.processes import PROCESSES


def _empty(file):
    file.write_bytes(b"")


def _truncated(file):
    file.write_bytes(file.read_bytes()[:9000])


def _text(file):
    file.write_text("not a database, but text that is long enough to be one" * 99)


def _other_tables(file):
    file.unlink()
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE trials (answer TEXT)")


def _broken_text(file):
    _change(file, "UPDATE study SET of = CAST(x'ff' AS TEXT)")
    _change(file, "UPDATE trials SET kind = CAST(x'ff' AS TEXT)")


def _change(file, statement):
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(statement)


def _answer_first_trial(study):
    participant = study.begin()
    turn = study.turn(participant)
    study.show(participant, turn.token)
    study.answer(participant, turn.token, "left", 1000.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("pixcycle.study.storage.SHOWN_MS", 0)


@pytest.mark.parametrize("damage", [_empty, _truncated, _text, _other_tables, _broken_text])
def test_study_file_of_wrong_shape_is_refused_in_one_line(study, damage):
    _answer_first_trial(study)
    damage(study.path)
    before = study.path.read_bytes()
    for use in (read_answers, lambda path: Study(path, N)):
        with pytest.raises(UserError, match=r"/study\.sqlite: is not a study file \(.+\); restore it") as error:
            use(study.path)
        assert "\n" not in str(error.value)
    assert study.path.read_bytes() == before


def test_study_refuses_a_file_of_other_images_by_name(tmp_path):
    Study(tmp_path / "one.sqlite", N)
    (tmp_path / "one.sqlite").rename(tmp_path / "another.sqlite")
    with pytest.raises(UserError, match=r"another\.sqlite: is a study of one with 60 images, not of another with 60"):
        Study(tmp_path / "another.sqlite", N)
    (tmp_path / "text.sqlite").write_text("not a database, but text that is long enough to be one" * 99)
    with pytest.raises(UserError, match=r"text\.sqlite: is not a study file"):
        Study(tmp_path / "text.sqlite", N)


def test_study_refuses_a_file_that_does_not_name_its_images(study):
    _change(study.path, "DELETE FROM study")
    with pytest.raises(UserError, match=r"study\.sqlite: is not a study file \(.*study"):
        Study(study.path, N)


@pytest.mark.parametrize(
    "values",
    ["image = 'x'", "kind = 'other'", "participant = 'x'", "number = 1.5", "seconds = 'x'", "answer = 7"],
)
def test_read_answers_refuses_values_that_no_study_stores(study, values):
    _answer_first_trial(study)
    _change(study.path, f"UPDATE trials SET {values} WHERE answer NOTNULL")
    with pytest.raises(UserError, match=r"study\.sqlite: is not a study file \(.*" + values.split()[0]):
        read_answers(study.path)


def test_study_of_an_older_version_is_read_with_the_protocol_it_had(study):
    _answer_first_trial(study)
    _change(study.path, "DROP TABLE protocol")
    assert read_protocol(study.path) == Protocol("same_input", checks=4)
    continued = Study(study.path, N)
    _answer_first_trial(continued)
    assert len(read_answers(study.path)) == 2
    with pytest.raises(UserError, match="was begun with real images of the same input, 4 attention checks"):
        Study(study.path, N, protocol=Protocol("other_input"))


def test_study_begun_with_another_protocol_is_refused_with_options(tmp_path):
    file, published = tmp_path / "study.sqlite", Protocol("other_input", checks=0)
    Study(file, N, protocol=published)
    assert read_protocol(file) == published
    Study(file, N, protocol=published).begin()
    with pytest.raises(UserError, match="continue it with --pairing other_input --no-checks, or move the file away"):
        Study(file, N)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE protocol SET pairing = 'mine'", "UPDATE protocol SET checks = 'x'", "DELETE FROM protocol"],
)
def test_read_protocol_refuses_values_that_no_study_stores(study, statement):
    _change(study.path, statement)
    with pytest.raises(UserError, match=r"study\.sqlite: is not a study file \(its table `protocol`"):
        read_protocol(study.path)


def test_study_file_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "study.sqlite").mkdir()
    for use in (read_answers, lambda path: Study(path, N)):
        with pytest.raises(UserError, match=r"study\.sqlite: cannot be opened as a study file"):
            use(tmp_path / "study.sqlite")


def test_study_does_not_recreate_a_file_that_is_removed_while_it_runs(study):
    study.path.unlink()
    with pytest.raises(UserError, match=r"study\.sqlite: cannot be opened"):
        study.begin()
    assert not study.path.exists()


def _die_in_transaction(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA cache_size = 1")
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE trials SET token = token || 'x'")
    os._exit(1)


def test_read_answers_recovers_a_file_whose_writer_was_killed(study):
    for _ in range(50):
        study.begin()
    _answer_first_trial(study)
    answers = read_answers(study.path)
    writer = PROCESSES.Process(target=_die_in_transaction, args=(study.path,))
    writer.start()
    writer.join()
    assert study.path.with_name("study.sqlite-journal").exists()
    assert read_answers(study.path) == answers and len(answers) == 1
