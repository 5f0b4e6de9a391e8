"""What a deployment settles before it serves: its zone, its port, its root, its missed runs."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from flows.orchestration.deploy import alone, checked_zone, kept_port, local_zone
from flows.orchestration.scheduled import is_missed
from pipeline.errors import ConfigError
from tests.house.source import ROOT


def test_the_zone_is_the_one_given_else_the_machines(monkeypatch, tmp_path):
    assert checked_zone("Asia/Tokyo") == "Asia/Tokyo"
    monkeypatch.setenv("TZ", "America/New_York")
    assert checked_zone("") == "America/New_York"
    monkeypatch.delenv("TZ")
    zones = tmp_path / "zoneinfo" / "Europe"
    zones.mkdir(parents=True)
    (zones / "Berlin").write_text("")
    (tmp_path / "localtime").symlink_to(zones / "Berlin")
    assert local_zone(etc=tmp_path) == "Europe/Berlin"
    (tmp_path / "localtime").unlink()
    assert local_zone(etc=tmp_path) == "UTC"
    (tmp_path / "localtime").write_text("")
    (tmp_path / "timezone").write_text("Asia/Kolkata\n")
    assert local_zone(etc=tmp_path) == "Asia/Kolkata"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "/etc/localtime"])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(ConfigError, match="give an IANA name"):
        checked_zone(name)


def test_a_root_keeps_its_port_while_that_is_free(tmp_path):
    with socket.socket() as taken:  # a number that no other process of this machine is about to take
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        mine = taken.getsockname()[1]
        (tmp_path / "port").write_text(str(mine))
        assert kept_port(tmp_path) != mine
    (tmp_path / "port").write_text(str(mine))
    assert [kept_port(tmp_path), kept_port(tmp_path)] == [mine, mine]
    (tmp_path / "port").write_text("no number")
    assert 0 < kept_port(tmp_path) < 65536


def test_a_root_is_served_by_one_deployment(tmp_path):
    with alone(tmp_path), pytest.raises(ConfigError, match="another deployment"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_a_run_is_missed_when_its_successor_is_due():
    due = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)  # three at night in New York

    def missed(now, cron="0 3 * * *"):
        return is_missed(due, cron=cron, timezone="America/New_York", now=now)

    assert not missed(datetime(2026, 3, 2, 7, 59, tzinfo=UTC))
    assert missed(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    assert missed(datetime(2026, 3, 1, 8, 1, tzinfo=UTC), cron="* * * * *")


def test_a_run_whose_runner_has_ended_already_ends_too():
    said = "from flows.orchestration.lifeline import die_with_parent; die_with_parent({}); print('lives')"
    ended = subprocess.run([sys.executable, "-c", said.format(1)], cwd=ROOT, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, b"")
    lives = subprocess.run([sys.executable, "-c", said.format(os.getpid())], cwd=ROOT, capture_output=True, check=False)
    assert (lives.returncode, lives.stdout) == (0, b"lives\n")
