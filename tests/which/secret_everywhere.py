"""Settings files and variables in which ``@`` is a secret: every key and every value of them."""

from __future__ import annotations

FILES = {
    "pyproject.toml": """\
[project]
name="app"
version="1"
dependencies=["a"]
[tool.uv]
"@" = 1
index-strategy="@"
extra-index-url=["@"]
find-links=["@"]
[[tool.uv.index]]
name="@"
url="@"
explicit=true
"@"=1
[tool.uv.sources]
"@"={index="@"}
x={index="@"}
[[tool.poetry.source]]
name="@"
url="@"
priority="@"
"@"="@"
[tool.poetry.dependencies]
"@"={source="@"}
[[tool.pdm.source]]
name="@"
url="@"
include_packages=["@"]
exclude_packages=["@"]
type="@"
"@"=1
password="@"
[tool.hatch.envs."@"]
template="@"
[tool.hatch.envs."@".env-vars]
PIP_INDEX_URL="@"
"PIP_INDEX@"="x"
[tool.hatch.sources]
a={index="@"}
[tool.pip-tools]
"@"="@"
index-url="@"
extra-index-ur="@"
pip-args="-i @ --foo"
""",
    "poetry.toml": """\
[repositories."@"]
url="@"
[certificates."@"]
cert=false
[http-basic."@"]
password="@"
""",
    "pdm.toml": """\
[pypi]
url="@"
verify_ssl=false
password="@"
[pypi."@"]
url="@"
""",
    "hatch.toml": """\
[envs."@".sources]
b={index="@"}
""",
    "Pipfile": """\
[[source]]
name="@"
url="@"
verify_ssl=false
"urll@"="@"
[[source]]
name="@"
url="@"
[packages]
"@"={version="*",index="@"}
["@"]
"@"={index="@"}
""",
    "buildout.cfg": """\
[buildout]
index = @
find-links = @
  @
allow-hosts = @
extends = @
indexx@ = @
""",
    "requirements.txt": """\
-i @
--extra-index-url @
-r @
--trusted-host @
-f @
@
""",
    "requirements.in": """\
-i @
-c @
""",
    "home/.config/pip/pip.conf": """\
[global]
index-url=@
index-urll@ = @
find-links=@
trusted-host = @
[@]
index-url=@
""",
    "uv.toml": """\
indexx="@"
allow-insecure-host=["@"]
[[index]]
url="@"
name="@"
urll="@"
""",
    ".env": """\
PIP_INDEX_URL=@
""",
}
_NAMES = """
PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_TRUSTED_HOST PIP_CONFIG_FILE PIP_NO_INDEX
UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX_STRATEGY
UV_INSECURE_HOST UV_CONFIG_FILE UV_PROJECT POETRY_PYPI_MIRROR_URL POETRY_CONFIG_DIR PDM_PYPI_URL
PDM_PROJECT PDM_CONFIG_FILE PIPENV_PIPFILE PIPENV_PYPI_MIRROR PIPENV_MAX_DEPTH BUILDOUT_HOME NETRC
XDG_CONFIG_HOME XDG_CONFIG_DIRS PIP_INDEXURL UV_INDEXX UV_INDEX_X_PASSWORD PIP_PYPI_URL
"""
VARIABLES = _NAMES.split()
