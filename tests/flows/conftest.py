"""What the tests of this folder share: a made run that is only read."""

import pytest

from tests.flows.made_run import make_run


@pytest.fixture(scope="session")
def made_root(tmp_path_factory):
    path = tmp_path_factory.mktemp("made")
    make_run(path)
    return path
