"""recipe.toml, the scripts and drills.py: read whole, and each mistake named by its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mirrorlab.errors import BrokenFile
from mirrorlab.recipe import Capability, Needs, Setting, Topic, files, load

Edit = Callable[[str, str, str], None]


def test_a_whole_recipe_is_read(folder: Path) -> None:
    recipe = load(folder)
    assert recipe.name == "served-folder"
    assert recipe.topic is Topic.PRIVATE
    assert recipe.scenario == "default"
    assert recipe.scenario_file is None
    assert recipe.needs == Needs(programs=("sh",))
    assert recipe.clients == ("pip",)
    assert recipe.test == {"PORT": "{port.web}"}
    fill, serve = recipe.steps
    assert fill.says == "Fill the folder with one file."
    assert (fill.serves, fill.within, fill.test) == (False, 30, {"CONTENT": "{tmp}/{index}"})
    assert (serve.serves, serve.within) == (True, 10)
    assert recipe.step("serve") is serve
    assert recipe.step("nothing") is None
    (drill,) = recipe.drills
    assert (drill.function, drill.shows) == ("server_killed", ("Connection refused",))
    assert recipe.drill("server-killed") is drill
    assert recipe.settings == (
        Setting("CONTENT", "hello", "what the file says", "fill.sh"),
        Setting("STATE", "/srv/folder", "where the folder is", "fill.sh"),
        Setting("PORT", "8080", "the port to listen on", "serve.sh"),
    )


def test_the_tools_of_a_python_are_its_own_where_they_differ(folder: Path) -> None:
    recipe = load(folder)
    assert recipe.requirements("3.11") == folder / "requirements-3.11.txt"
    assert recipe.requirements("3.13") == folder / "requirements.txt"
    (folder / "requirements.txt").unlink()
    assert recipe.requirements("3.13") is None


def test_a_recipe_says_which_python_will_do(folder: Path, edit: Edit) -> None:
    edit("recipe.toml", 'programs = ["sh"]', 'python = ">=3.12"\ncan = ["tmpfs"]')
    needs = load(folder).needs
    assert needs.can == (Capability.TMPFS,)
    assert [needs.python_will_do(p) for p in ("3.11", "3.12", "3.13")] == [False, True, True]


def test_drills_may_share_a_world(folder: Path, edit: Edit) -> None:
    assert load(folder).worlds(["promise", "server-killed"]) == (("promise",), ("server-killed",))
    edit("recipe.toml", '"Kill the server"', '"Kill the server"\nworld = "promise"')
    recipe = load(folder)
    assert recipe.worlds(["promise", "server-killed"]) == (("promise", "server-killed"),)
    assert recipe.worlds(["server-killed"]) == (("server-killed",),)


def test_a_recipe_may_have_further_environments(folder: Path, edit: Edit) -> None:
    edit("recipe.toml", "[needs]", '[tools]\nolder = "requirements-3.11.txt"\n[needs]')
    edit("recipe.toml", "{tmp}/{index}", "{tools.older}/{tools}")
    assert load(folder).tools == {"older": "requirements-3.11.txt"}


def test_a_scenario_may_be_a_file_of_the_recipe(folder: Path, edit: Edit) -> None:
    edit("recipe.toml", 'topic = "private"', 'topic = "private"\nscenario = "small.toml"')
    (folder / "small.toml").write_text("schema = 1\n")
    assert load(folder).scenario_file == folder / "small.toml"


MISTAKES = {
    "schema": ("recipe.toml", "schema = 1", "schema = 7", "recipe.toml: schema: must be 1"),
    "topic": (
        "recipe.toml",
        '"private"',
        '"privat"',
        "topic: 'privat' is not known; did you mean 'private'?",
    ),
    "title": ("recipe.toml", 'title = "A folder, served"', "", "title: is missing"),
    "unknown key": ("recipe.toml", "within = 10", "wihtin = 10", "step[1].wihtin: is not a known"),
    "hosts are not yet": (
        "recipe.toml",
        "[needs]",
        "[hosts]\na = '192.0.2.1'\n[needs]",
        "hosts: is not a known key",
    ),
    "not toml": ("recipe.toml", "schema = 1", "schema =", "line 1, column 9: is not TOML"),
    "step name": ("recipe.toml", '"fill"', '"Fill it"', "step[0].name: 'Fill it' is no name"),
    "twice a step": ("recipe.toml", '"serve"', '"fill"', "step[1].name: there is already a step"),
    "no script": ("recipe.toml", '"serve.sh"', '"sevre.sh"', "step[1].run: there is no script 'se"),
    "a script outside": ("recipe.toml", '"serve.sh"', '"../x.sh"', "step[1].run: there is no scri"),
    "ready": ("recipe.toml", '"http://', '"ftp://', "step[1].ready: must be an http or https URL"),
    "placeholder": (
        "recipe.toml",
        "{port.web}/",
        "{prot.web}/",
        "step[1].ready: {prot.web} is no placeholder: only {index}, {tmp}, {mirrorlab}, {po",
    ),
    "test placeholder": ("recipe.toml", "{tmp}", "{temp}", "step[0].test.CONTENT: {temp} is no pl"),
    "undeclared": ("recipe.toml", "PORT =", "PROT =", "test.PROT: no script has this setting at "),
    "undeclared in a step": (
        "recipe.toml",
        "{ CONTENT",
        "{ TEXT",
        "step[0].test.TEXT: no script has this setting at its top",
    ),
    "environment": (
        "recipe.toml",
        "{tmp}/{index}",
        "{tools.previous}",
        "step[0].test.CONTENT: there is no environment 'previous'",
    ),
    "no lock": (
        "recipe.toml",
        "[needs]",
        "[tools]\nolder = 'older.txt'\n[needs]",
        "tools.older: there is no file 'older.txt' in served-folder/",
    ),
    "a lock's name": (
        "recipe.toml",
        "[needs]",
        "[tools]\nOlder = 'requirements.txt'\n[needs]",
        "tools.Older: must be named in small letters, digits and hyphens",
    ),
    "a world's name": (
        "recipe.toml",
        'title = "Kill the server"',
        'title = "Kill the server"\nworld = "the first"',
        "drill[0].world: 'the first' is no name of a world",
    ),
    "a world that begins twice": (
        "recipe.toml",
        'title = "Kill the server"',
        'title = "Kill the server"\nworld = "promise"\nafter = "fill"',
        "drill[0].after: must be the same for every drill of the world 'promise'",
    ),
    "capability": (
        "recipe.toml",
        'programs = ["sh"]',
        'can = ["fly"]',
        "needs.can[0]: 'fly' is not known; choose one of: namespaces, tmpfs, systemd",
    ),
    "python": (
        "recipe.toml",
        'programs = ["sh"]',
        'python = "3.12 or so"',
        "needs.python: '3.12 or so' is no version specifier",
    ),
    "client": ("recipe.toml", '["pip"]', '["pip!"]', "clients[0]: 'pip!' is no client's name"),
    "scenario file": (
        "recipe.toml",
        "[needs]",
        "scenario = 'x.toml'\n[needs]",
        "scenario: there is no file 'x.toml' in served-folder/",
    ),
    "promise as a drill": (
        "recipe.toml",
        '"server-killed"',
        '"promise"',
        "drill[0].name: promise(run) is always there",
    ),
    "drill after no step": (
        "recipe.toml",
        'name = "server-killed"',
        'name = "server-killed"\nafter = "cook"',
        "drill[0].after: there is no step 'cook' (there: ",
    ),
    "drill without function": (
        "recipe.toml",
        '"server-killed"',
        '"server-hung"',
        "drill[0].name: drills.py has no function server_hung(run)",
    ),
    "function without drill": (
        "drills.py",
        "def _helper",
        "def helper(run): ...\ndef _helper",
        "drills.py: line 7: helper() is no drill of recipe.toml; a helper's name begins with _",
    ),
    "no promise": ("drills.py", "def promise", "def _promise", "drills.py: has no function promis"),
    "arguments": (
        "drills.py",
        "def promise(run)",
        "def promise()",
        "drills.py: line 1: promise must take one argument, the run",
    ),
    "not python": (
        "drills.py",
        "assert run",
        "assert",
        "drills.py: line 2: is not Python: invalid",
    ),
    "always true": (
        "drills.py",
        "assert run",
        "assert (run, 'never')  #",
        "drills.py: line 2: is not Python: assertion is always true",
    ),
    "shebang": ("fill.sh", "#!/bin/sh", "#!/bin/bash", "fill.sh: line 1: must be #!/bin/sh"),
    "no description": (
        "serve.sh",
        "# Serve the folder.\n",
        "",
        "serve.sh: line 2: must be a comme",
    ),
    "bad setting": ("fill.sh", ":=hello}", ":-hello}", "fill.sh: line 7: is no setting; write one"),
    "small setting": ("fill.sh", "${CONTENT", "${content", "fill.sh: line 7: is no setting; write"),
    "no comment": ("serve.sh", "  # the port to listen on", "", "serve.sh: PORT: needs a comment"),
    "two defaults": (
        "serve.sh",
        "STATE:=/srv/folder",
        "STATE:=/srv/other",
        "serve.sh: STATE: has the default '/srv/other', in fill.sh '/srv/folder'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_with_its_place(folder: Path, edit: Edit, mistake: str) -> None:
    name, old, new, sentence = MISTAKES[mistake]
    edit(name, old, new)
    with pytest.raises(BrokenFile) as caught:
        load(folder)
    said = str(caught.value)
    assert sentence in said
    assert "\n" not in said
    assert str(folder) in said


def test_without_steps_or_drills_file_it_is_no_recipe(folder: Path, tmp_path: Path) -> None:
    (folder / "drills.py").unlink()
    with pytest.raises(BrokenFile, match=r"drills\.py: cannot be read: No such file"):
        load(folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BrokenFile, match=r"recipe\.toml: there is no such file"):
        load(empty)
    (empty / "recipe.toml").write_text("schema = 1\n")
    with pytest.raises(BrokenFile, match="step: is missing: a recipe has at least one step"):
        load(empty)


def test_a_folder_has_a_name_that_works_in_a_url(folder: Path) -> None:
    other = folder.rename(folder.with_name("Served Folder"))
    with pytest.raises(BrokenFile, match="must be named in small letters"):
        load(other)


IN_A_FOLDER = {
    "drills.py": """
from drilling.pages import server_killed

__all__ = ["promise", "server_killed"]


def promise(run):
    assert run
""",
    "drilling/pages.py": """\
def server_killed(run):
    helper(run, 1)


def helper(run, more): ...
""",
}


@pytest.fixture
def drilling(folder: Path) -> Path:
    """A recipe whose drills are told in a folder."""
    (folder / "drilling").mkdir()
    for name, text in IN_A_FOLDER.items():
        (folder / name).write_text(text)
    return folder


def test_drills_may_be_told_in_a_folder_which_is_not_copied(drilling: Path) -> None:
    recipe = load(drilling)
    assert [drill.name for drill in recipe.drills] == ["server-killed"]
    copied = {path.parts[0] for path in files(recipe)}
    assert ("fill.sh" in copied, "drilling" in copied) == (True, False)


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "drilling/pages.py",
            "def server_killed",
            "def server_hung",
            "drills.py: line 2: drilling/pages.py has no function server_killed",
        ),
        (
            "drilling/pages.py",
            "killed(run)",
            "killed()",
            "drilling/pages.py: line 1: server_killed must take",
        ),
        (
            "drilling/pages.py",
            "helper(run, more):",
            "helper(",
            "drilling/pages.py: line 5: is not Python",
        ),
        (
            "drills.py",
            "drilling.pages",
            "drilling.page",
            "drilling/page.py: cannot be read: No such",
        ),
        (
            "drills.py",
            "import server_killed",
            "import server_killed, server_killed as other",
            "drilling/pages.py: line 1: other() is no drill of recipe.toml",
        ),
        (
            "drills.py",
            "from drilling.pages import server_killed",
            "",
            "drill[0].name: drills.py has no function server_killed(run)",
        ),
    ],
    ids=["gone", "arguments", "not-python", "no-module", "no-drill", "not-taken"],
)
def test_a_mistake_in_a_folder_of_drills_has_its_place_too(
    drilling: Path, file: str, old: str, new: str, sentence: str
) -> None:
    text = (drilling / file).read_text()
    assert old in text
    (drilling / file).write_text(text.replace(old, new))
    with pytest.raises(BrokenFile) as caught:
        load(drilling)
    assert sentence in str(caught.value)
