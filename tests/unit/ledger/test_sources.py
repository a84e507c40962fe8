"""Sources: where they are looked for, and what they weigh."""

import hashlib
import os

import pytest

from helpers.base import paths
from helpers.base.errors import StudyError
from helpers.ledger import sources
from helpers.ledger.source import Source
from helpers.ledger.sources import digest, files_of, find_file, find_source


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Three data folders of our own, in the order they are searched."""
    names = ["given", "data", "shared/data"]
    for name in names:
        (tmp_path / "root" / name).mkdir(parents=True)
    monkeypatch.setattr(paths, "ROOT", tmp_path / "root" / "project")
    monkeypatch.setattr(paths, "DATA", tmp_path / "root" / "data")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "root" / "given"))
    return [tmp_path / "root" / name for name in names]


def test_a_file_is_taken_from_the_first_folder_that_has_it(folders):
    for folder in reversed(folders):
        (folder / "a.csv").write_text("a\n")
        assert find_file("a.csv") == folder / "a.csv"


def test_without_data_dir_the_projects_folder_comes_first(folders, monkeypatch):
    for folder in folders:
        (folder / "a.csv").write_text("a\n")
    monkeypatch.delenv("DATA_DIR")
    assert find_file("a.csv") == folders[1] / "a.csv"


def test_a_file_that_is_nowhere_names_the_nearest(folders):
    (folders[2] / "online_retail.csv").write_text("a\n")
    with pytest.raises(StudyError, match=r"online_retial\.csv is in none .* did you mean online_retail\.csv\?"):
        find_file("online_retial.csv")


def test_a_file_unlike_any_other_says_where_to_put_it(folders):
    with pytest.raises(StudyError, match=r"put it there or set DATA_DIR"):
        find_file("zzz.csv")


def test_a_source_that_can_be_generated_is_made_once(folders, monkeypatch):
    made = []

    def write_sample(folder):
        made.append(folder)
        (folder / "sample.csv").write_text("a\n")
        return folder / "sample.csv"

    monkeypatch.setattr("helpers.ledger.sample.write_sample", write_sample)
    monkeypatch.setattr(sources, "DATA", folders[1])
    source = Source(path="sample.csv", generator="sample")
    assert find_source(source) == find_source(source) == folders[1] / "sample.csv"
    assert made == [folders[1]]
    with pytest.raises(StudyError):
        find_source(Source(path="other.csv"))


def test_the_files_of_a_folder_come_in_name_order_and_others_are_passed_over(tmp_path):
    for name in ["b.CSV", "a.xlsx", "c.parquet", "notes.md", ".hidden.csv"]:
        (tmp_path / name).write_text("x")
    assert [path.name for path in files_of(tmp_path)] == ["a.xlsx", "b.CSV", "c.parquet"]


def test_a_folder_without_files_and_a_file_of_another_kind_are_sentences(tmp_path):
    with pytest.raises(StudyError, match="holds no file that can be read"):
        files_of(tmp_path)
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(StudyError, match=r"a\.json is a \.json; give one of \.csv"):
        files_of(tmp_path / "a.json")


def test_a_digest_is_of_the_bytes_of_a_file(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    assert digest(tmp_path / "a.csv") == hashlib.sha256(b"a\n1\n").hexdigest()


def test_a_folders_digest_changes_with_a_name_a_byte_or_a_file_and_not_with_its_own_name(tmp_path):
    def folder(name, **files):
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / f"{file}.csv").write_text(text)
        return digest(tmp_path / name)

    first = folder("1", a="x", b="y")
    assert folder("2", a="x", b="y") == first
    others = [
        folder("3", a="x", b="z"),
        folder("4", a="x", c="y"),
        folder("5", a="xy", b=""),
        folder("6", a="x", b="y", c=""),
    ]
    assert len({first, *others}) == 5


def test_a_folder_is_read_at_any_depth_and_its_names_may_be_columns(tmp_path, read_source):
    folder = tmp_path / "lake"
    for name in (
        "year=2023/month=01/l.csv",
        "year=2023/month=02/l.csv",
        "year=2024/month=__HIVE_DEFAULT_PARTITION__/l.csv",
    ):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(f"name,n\n{name[5:9]}{name[17]},1\n")
    read = read_source(folder)
    assert [(row["year"], row["month"]) for row in read.raw] == [(2023, "01"), (2023, "02"), (2024, None)]


def test_partitions_that_nobody_asked_for_are_neither_read_nor_waited_for(tmp_path, read_source):
    folder = tmp_path / "lake"
    for name in ("year=2023/month=01/l.csv", "year=2024/month=01/l.csv", "year=2024/month=02/l.csv"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(f"name,n\n{name[5:9]}{name[17]},1\n")
    read = read_source(folder, partitions={"year": [2024], "month": ["02"]})
    assert [(row["year"], row["month"], row["name"]) for row in read.raw] == [(2024, "02", 20242)]
    wanted = {"year": ["2024"]}
    before = digest(folder, wanted), digest(folder)
    (folder / "year=2023/month=01/l.csv").write_text("another header\n1\n")
    after = digest(folder, wanted), digest(folder)
    assert after[0] == before[0] and after[1] != before[1]


def test_a_partition_that_is_not_there_and_a_file_without_any_are_sentences(tmp_path):
    (tmp_path / "year=2024").mkdir()
    (tmp_path / "year=2024" / "a.csv").write_text("x")
    with pytest.raises(StudyError, match=r"no file in a folder year=2025, which source\.partitions asks for"):
        files_of(tmp_path, {"year": ["2024", "2025"]})
    with pytest.raises(StudyError, match=r"a\.csv is a file, and source\.partitions chooses folders"):
        files_of(tmp_path / "year=2024" / "a.csv", {"year": ["2024"]})


def test_a_folder_called_like_a_file_is_a_folder(tmp_path):
    (tmp_path / "a.csv" / "b.csv").mkdir(parents=True)
    (tmp_path / "a.csv" / "b.csv" / "c.csv").write_text("x")
    assert [path.name for path in files_of(tmp_path / "a.csv")] == ["c.csv"]


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "/dev/zero", "/proc/self/mem", "nowhere.csv", "a.csv", "/proc/self/status"]
)
def test_a_link_is_followed_to_tables_only(tmp_path, target):
    (tmp_path / "a.csv").symlink_to(target)
    for path in (tmp_path, tmp_path / "a.csv"):
        with pytest.raises(StudyError, match=r"^a\.csv is "):
            files_of(path)


def test_a_link_to_a_table_is_read(tmp_path):
    (tmp_path / "real.csv").write_text("a\n1\n")
    (tmp_path / "link.csv").symlink_to("real.csv")
    assert files_of(tmp_path / "link.csv") == [tmp_path / "link.csv"]


def test_a_pipe_is_never_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(StudyError, match="a pipe"):
        files_of(tmp_path)


def test_a_copy_in_a_folder_stops_the_run(tmp_path, read_source):
    (tmp_path / "months").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "months" / name).write_text("name,n\nx,1\n")
    with pytest.raises(StudyError, match=r"b\.csv is a copy of a\.csv"):
        read_source(tmp_path / "months")
