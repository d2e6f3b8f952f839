"""Locked installs: each kind of lock that check-lock.sh reads, and what it does not believe."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.recipes.locked_installs_check import HEX, LINE, check

LOCKS = {
    "requirements.txt": "demo-lib==1.0 \\\n    --hash=sha256:HEX\n    # via -r x.in\n",
    "uv.lock": """
[[package]]
name = "my-app"
source = { editable = "." }

[[package]]
name = "demo.lib"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://pypi.org/demo_lib.whl", hash = "sha256:HEX" }]
""",
    "pylock.dev.toml": """
lock-version = "1.0"
[[packages]]
name = "demo-lib"
version = "1.0"
wheels = [{ path = "demo_lib.whl", hashes = { sha256 = "HEX" } }]
""",
    "poetry.lock": """
[[package]]
name = "demo-lib"
version = "1.0"
description = "see http://example.com/"
files = [{ file = "demo_lib.whl", hash = "sha256:HEX" }]
""",
    "Pipfile.lock": """{"_meta": {"sources": []}, "default":
        {"demo-lib": {"version": "==1.0", "hashes": ["sha256:HEX"]}}, "develop": {}}""",
}
UV = LOCKS["uv.lock"].replace("HEX", HEX)
UNHASHED = {
    "requirements.txt": "demo-lib==1.0\n",
    "uv.lock": LOCKS["uv.lock"].replace(', hash = "sha256:HEX"', ""),
    "pylock.toml": LOCKS["pylock.dev.toml"].replace(' sha256 = "HEX" ', ""),
    "pdm.lock": LOCKS["poetry.lock"].replace(', hash = "sha256:HEX"', ""),
    "Pipfile.lock": LOCKS["Pipfile.lock"].replace('"sha256:HEX"', ""),
}


@pytest.mark.parametrize("name", LOCKS)
def test_each_kind_of_lock_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(LOCKS[name].replace("HEX", HEX))
    done = check(tmp_path, name, OWN="demo-lib")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"good: {name}: 1 releases, 1 hashes\n"


@pytest.mark.parametrize("name", UNHASHED)
def test_a_release_without_a_hash_is_never_good(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(UNHASHED[name])
    done = check(tmp_path, name, OWN="demo-lib")
    assert done.returncode == 1
    assert "demo-lib 1.0: it has no hash" in done.stderr


def test_one_file_without_a_hash_is_one_too_many(tmp_path: Path) -> None:
    both = LOCKS["poetry.lock"].replace("files = [", 'files = [{ file = "demo_lib.tar.gz" }, ')
    (tmp_path / "poetry.lock").write_text(both.replace("HEX", HEX))
    done = check(tmp_path, "poetry.lock", OWN="demo-lib")
    assert done.returncode == 1
    assert "demo-lib 1.0: it has no hash" in done.stderr


FILE = '{ file = "demo_lib.whl", hash = "sha256:HEX" }'
HALF = {
    "upper.txt": f"{LINE} --hash=sha256:{'A' * 64}\n",
    "split.txt": f"{LINE} --ha\\\nsh=sha256:{'A' * 64}\n",
    "quoted.txt": f"{LINE} --hash='sha256:{HEX}'\n",
    "weak.txt": f"{LINE} --hash=md5:{'0' * 32}\n",
    "address.txt": "demo-lib @ git+ssh://git@h/x@1.0\n",
    "uv.lock": UV.replace('{ registry = "https://pypi.org/simple" }', '{ git = "git@h:x" }'),
    "folder/uv.lock": UV.replace('editable = "."', 'editable = "../demo-lib"'),
    "poetry.lock": LOCKS["poetry.lock"].replace("HEX", HEX)
    + '[package.source]\ntype = "git"\nurl = "git@h:x"\n',
    "pdm.lock": LOCKS["poetry.lock"].replace("HEX", HEX) + 'git = "git@h:x"\n',
    "Pipfile.lock": LOCKS["Pipfile.lock"]
    .replace("HEX", HEX)
    .replace('"version"', '"git": "g", "version"'),
    "pylock.a.toml": LOCKS["pylock.dev.toml"].replace("HEX", HEX) + 'vcs = { type = "git" }\n',
    "pylock.b.toml": LOCKS["pylock.dev.toml"].replace("HEX", HEX) + "sdist = { hashes = {} }\n",
}
"""A good hash, and beside it something that an installer takes without one."""


@pytest.mark.parametrize("name", HALF)
def test_a_good_hash_hides_nothing_beside_it(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(HALF[name])
    done = check(tmp_path, name, OWN="demo-lib my-app", MAY_NAME="https://pypi.org ssh://git@h")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "it has no hash" in done.stderr


@pytest.mark.parametrize("name", ["lock.txt", "pylock.toml"])
def test_a_lock_of_nothing_is_not_good(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("packages = []" if name.endswith("toml") else "# nothing\n")
    done = check(tmp_path, name)
    assert (done.returncode, done.stderr) == (1, f"check-lock: {name}: it locks nothing\n")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pyproject.toml", "", "is a lock of no kind that this knows"),
        ("uv.lock", "", "is no lock of the kind its name says"),
        ("uv.lock", "package = 7", "is no lock of the kind its name says"),
        ("Pipfile.lock", "[]", "is no lock of the kind its name says"),
        ("lock.txt", "demo-lib>=1.0\n", "`demo-lib>=1.0` pins no version"),
        ("lock.txt", "-r other.txt\n", "`-r other.txt` is nothing that belongs into a lock"),
        ("lock.txt", "--requirem other.txt\n", "`--requirem other.txt` is nothing that belongs"),
        ("lock.txt", "--pre -r other.txt\n", "`--pre -r other.txt` is nothing that belongs"),
        ("lock.txt", "--no-binary :all:\n", "`--no-binary :all:` is nothing that belongs"),
        ("lock.txt", "# it goes on \\\ndemo-lib==1.0\n", "a comment ends with a backslash"),
        ("lock.txt", "# coding: utf-7\n# +AAo-demo-lib==1.0\n", "it has another encoding"),
        ("lock.txt", "a==1\u2028demo-lib==1.0\n", "it has another encoding, or other ends"),
        ("lock.txt", f"a==1 --hash=sha256:{HEX} --has=sha256:{HEX}", "is nothing that belongs"),
        ("lock.txt", "a==1 \\\n# b\nb==1 --hash=x c==1\n", "is no lock of the kind its name says"),
        ("lock.txt", "demo-lib==1.*\n", "`demo-lib==1.*` pins no version"),
        ("lock.txt", "--index-ur https://me:secret@m.example/\n", "`--index-ur https://***@m."),
        ("uv.lock", UV.replace('"1.0"', "1.0"), "the version of demo.lib is no text"),
        ("uv.lock", UV.replace("demo.lib", "../demo"), "is no lock of the kind its name says"),
        ("Pipfile.lock", "[" * 100_000, "is no lock of the kind its name says"),
        ("lock.txt", None, "cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_lock_is_one_sentence(
    name: str, text: str | None, said: str, tmp_path: Path
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    done = check(tmp_path, name)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_server_with_a_longer_name_is_another_server(tmp_path: Path) -> None:
    index = "--index-url https://pypi.org.example/simple/\n"
    (tmp_path / "lock.txt").write_text(f"{index}{LINE}\n# https://[broken/\n")
    done = check(tmp_path, "lock.txt", OWN="demo-lib", MAY_NAME="https://pypi.org")
    assert done.returncode == 1
    assert "it names https://pypi.org.example/, which MAY_NAME does not allow" in done.stderr
    assert "it names an address that is broken, which" in done.stderr


def test_a_password_in_a_lock_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text("--index-url https://me:secret@mirror.example/simple\n")
    done = check(tmp_path, "lock.txt")
    assert done.returncode == 1
    assert "it names https://mirror.example/, which MAY_NAME does not allow" in done.stderr
    assert "it holds a user name or a password for https://mirror.example/" in done.stderr
    assert "secret" not in done.stderr + done.stdout
