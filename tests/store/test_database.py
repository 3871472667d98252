"""The database: made and renewed safely, and every failure one clear line."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from netguru.errors import DamagedFileError, InputError, MissingExtraError, NetGuruError, ServiceDownError, ServiceError
from netguru.model.evidence import Evidence
from netguru.model.finding import Finding, Severity
from netguru.settings import settings
from netguru.store import Location, database, files, location, migrate, runs
from netguru.store.tables import HEAD, Base

SAVE = (
    "import sys; from pathlib import Path; from netguru.errors import NetGuruError; from netguru.store import runs\n"
    "try: print(runs.save('op', 'path', [], workspace=Path(sys.argv[1])))\n"
    "except NetGuruError as error: print(type(error).__name__, error); sys.exit(2)"
)


def make(folder: Path) -> Path:
    runs.save("op", "path", [], workspace=folder)
    return folder / ".netguru" / "netguru.db"


def test_the_migrations_make_the_tables_of_the_models(workspace):
    runs.save("op", "path", [], workspace=workspace)
    where = location(workspace)
    with database.engine_of(where).connect() as connection:
        # What FTS5 makes for itself is no table of the models.
        ours = {"include_name": lambda name, *_: not (name or "").startswith("message_search")}
        options = {"compare_type": True, "target_metadata": Base.metadata, **ours}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        assert migrate.revision(connection) == HEAD
    assert ScriptDirectory(Path(migrate.__file__).parent / "migrations").get_current_head() == HEAD


def test_migrating_twice_changes_nothing(workspace):
    number = runs.save("op", "path", [], workspace=workspace)
    database._ready.clear()
    migrate.migrate(database.engine_of(location(workspace)), location(workspace))
    assert runs.get(number, workspace=workspace).run.operation == "op"


def test_an_sqlite_database_is_set_up_for_many_users(tmp_path):
    make(tmp_path)
    with database.read(location(tmp_path)) as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert session.execute(text("PRAGMA busy_timeout")).scalar() == 30_000


def test_many_processes_open_a_new_database_at_once(workspace):
    command = [sys.executable, "-c", SAVE, str(workspace)]
    several = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate()[0].strip() for process in several]
    numbers = [item.id for item in runs.recent(workspace=workspace).runs]
    assert sorted(said) == sorted(map(str, numbers))


def test_a_database_that_is_deleted_under_us_is_made_again(tmp_path):
    shutil.rmtree(make(tmp_path).parent)
    assert runs.recent(workspace=tmp_path).runs == ()
    assert runs.save("op", "path", [], workspace=tmp_path) == 1


def test_two_workspaces_share_a_database_and_see_their_own(tmp_path, monkeypatch):
    monkeypatch.setenv("NETGURU_DATABASE_URL", f"sqlite:///{tmp_path}/shared.db")
    settings.cache_clear()
    first = runs.save("op", "a", [], workspace=tmp_path / "a")
    second = runs.save("op", "b", [], workspace=tmp_path / "b")
    assert [item.id for item in runs.recent(workspace=tmp_path / "a").runs] == [first]
    with pytest.raises(InputError, match="unknown run"):
        runs.get(second, workspace=tmp_path / "a")


@pytest.mark.parametrize("name", ["new", "50% off? #1 & more", "r\u00e9seau"])
def test_a_workspace_folder_may_be_moved_and_named_at_will(tmp_path, name):
    make(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / name)
    assert len(runs.recent(workspace=tmp_path / name).runs) == 1
    assert runs.save("op", "path", [], workspace=tmp_path / name) == 2


def test_something_that_is_no_database(tmp_path):
    make(tmp_path).write_bytes(b"this is a text, and a long one " * 400)
    with pytest.raises(DamagedFileError) as caught:
        runs.recent(workspace=tmp_path)
    assert "netguru.db: the database is not a database (move the file away" in str(caught.value)


def test_a_damaged_database(tmp_path):
    evidence = (Evidence(source="a", sha256="", kind="line", start=1, end=1, text="x" * 300),)
    made = Finding(check="a.b", severity=Severity.ERROR, title="t", why="w", remedy="r", evidence=evidence)
    number = runs.save("op", "path", [made] * 200, workspace=tmp_path)
    file = tmp_path / ".netguru" / "netguru.db"
    content = bytearray(file.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    file.write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"netguru\.db: the database is damaged"):
        runs.get(number, workspace=tmp_path)


def test_a_database_of_a_newer_version(tmp_path):
    with sqlite3.connect(make(tmp_path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    database._ready.clear()
    with pytest.raises(InputError, match=r"another version of NetGuru \(its tables are at '9999'\)") as caught:
        runs.recent(workspace=tmp_path)
    assert str(caught.value).startswith(str(tmp_path))


def test_a_database_that_may_not_be_written(tmp_path):
    file = make(tmp_path)
    before = file.read_bytes()
    for path in (*file.parent.iterdir(), file.parent):
        path.chmod(0o555 if path.is_dir() else 0o444)
    command = [sys.executable, "-c", SAVE, str(tmp_path)]
    if (setpriv := shutil.which("setpriv")) is not None and os.geteuid() == 0:
        # Root may write everything; without these capabilities it is like everybody else.
        command = [setpriv, "--bounding-set", "-dac_override,-dac_read_search", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        pytest.skip("running as root, and setpriv cannot take away the right to write everywhere")
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    assert line.startswith("InputError")
    assert "netguru.db: the database may not be written" in line or "the database cannot be opened" in line
    assert file.read_bytes() == before


def test_a_full_disk_is_one_clear_line_and_loses_nothing(tmp_path):
    limit = make(tmp_path).stat().st_size + 4096
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "import sys; from pathlib import Path; from netguru.errors import NetGuruError\n"
        "from netguru.store import runs\n"
        "try:\n"
        "    while True: runs.save('op', 'x' * 9000, [], workspace=Path(sys.argv[1]))\n"
        "except NetGuruError as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    assert line.startswith("ServiceError")
    assert "netguru.db: the database c" in line
    assert runs.recent(workspace=tmp_path).runs[-1].operation == "op"


def test_sqlites_own_word_for_a_full_disk(tmp_path):
    make(tmp_path)
    with pytest.raises(ServiceError, match="cannot grow: the disk is full"):
        fill(location(tmp_path))


def fill(where: Location) -> None:
    query = text("INSERT INTO runs (workspace, operation, path, version, created_at) VALUES ('', '', :x, '', '2020')")
    with database.write(where) as session:
        session.execute(text("PRAGMA max_page_count=1"))
        for _ in range(200):
            session.execute(query, {"x": "x" * 5000})


def test_a_workspace_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is not a folder"):
        runs.save("op", "path", [], workspace=tmp_path / "file")
    with pytest.raises(InputError, match="the workspace cannot be made: Not a directory"):
        runs.save("op", "path", [], workspace=tmp_path / "file" / "inside")


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        ("nonsense", InputError, "the setting database_url is not a database URL"),
        ("oracle9://scott:s3cr3t@host/x", InputError, "the setting database_url is not a database URL"),
        ("mysql+pymysql://u:s3cr3t@h/x", MissingExtraError, "the database driver 'pymysql' is not installed"),
        ("sqlite:////nowhere/at/all.db", InputError, "/nowhere/at/all.db: the database cannot be opened"),
    ],
)
def test_wrong_urls_get_one_line_without_the_password(tmp_path, monkeypatch, url, kind, message):
    monkeypatch.setenv("NETGURU_DATABASE_URL", url)
    settings.cache_clear()
    with pytest.raises(NetGuruError) as caught:
        files.list(workspace=tmp_path)
    assert type(caught.value) is kind
    assert message in str(caught.value)
    assert "s3cr3t" not in str(caught.value) + repr(location(tmp_path))


def test_a_server_that_does_not_answer(tmp_path, monkeypatch):
    pytest.importorskip("psycopg", reason="the driver psycopg is not installed")
    monkeypatch.setenv("NETGURU_DATABASE_URL", f"postgresql+psycopg://u:s3cr3t@/x?host={tmp_path}")
    settings.cache_clear()
    with pytest.raises(ServiceDownError, match="the database failed: connection") as caught:
        files.list(workspace=tmp_path)
    assert "s3cr3t" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
