"""The check is for servers: it needs nothing but the base install."""

from __future__ import annotations

import pytest
from tests.cli.test_base_install import without_lab

from mirrorlab.index import Index

pytestmark = pytest.mark.usefixtures("own_cache")


def test_it_works_without_the_lab(index: Index) -> None:
    done = without_lab("check", index.http_url, "--project", "demo-dep")
    assert (done.returncode, done.stderr) == (0, "")
    assert "healthy: no findings" in done.stdout
