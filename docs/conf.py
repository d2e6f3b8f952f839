"""How Sphinx builds the site.

Run from the root of the repository, so that URLs are the repository's paths::

    sphinx-build -W -c docs -d build/doctrees-html . build/html
"""

import os
from urllib.parse import urlsplit

import mirrorlab

project = "The Python Mirroring Guide"
author = "The Python Mirroring Guide contributors"
copyright = "The Python Mirroring Guide contributors, MIT licence"
version = release = mirrorlab.__version__
language = "en"

extensions = [
    "sphinx.ext.graphviz",
    "sphinx_copybutton",
    "sphinx_design",
    "notfound.extension",
    "mirrorlab.site",
]

# One site from three folders: the source directory is the root of the repository.
root_doc = "docs/index"
include_patterns = ["docs/**", "tutorial/**", "recipes/**"]
exclude_patterns = [".*", "src", "tests", "build"]
templates_path = ["_templates"]
nitpicky = True
highlight_language = "console"

html_theme = "furo"
html_title = project
html_static_path = ["_static"]
html_css_files = ["guide.css"]
html_js_files = ["guide.js"]
html_favicon = "_static/favicon.svg"
html_additional_pages = {"index": "home.html"}
html_copy_source = False
html_show_sourcelink = False
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#1f5f8b",
        "color-brand-content": "#1f5f8b",
        "color-brand-visited": "#5b4a8a",
    },
    "dark_css_variables": {
        "color-brand-primary": "#7fbfe8",
        "color-brand-content": "#7fbfe8",
        "color-brand-visited": "#b9a7e8",
    },
}

# A page that is not there may be asked for at any depth, so its links start at the site's root.
notfound_urls_prefix = urlsplit(html_baseurl).path or "/"
notfound_context = {
    "title": "There is no such page",
    "body": (
        "<h1>There is no such page</h1>"
        "<p>If you came for an error message, look for its exact words under "
        f'<a href="{notfound_urls_prefix}docs/errors.html">Fix an error</a>. Otherwise '
        f'<a href="{notfound_urls_prefix}recipes/index.html">the catalogue</a> has every recipe, '
        f'and <a href="{notfound_urls_prefix}index.html">home</a> has four doors.</p>'
    ),
}

# Of a session only the commands are copied; mirrorlab.site marks what is not typed.
copybutton_exclude = ".linenos, .not-typed"

# Pictures: one look for all. mirrorlab.site puts them into the page, where guide.css gives the
# colours for light and dark; those here are for the PDF.
graphviz_output_format = "svg"
graphviz_dot_args = [
    "-Gbgcolor=transparent",
    "-Grankdir=LR",
    "-Gnodesep=0.35",
    "-Granksep=0.6",
    "-Gfontname=Helvetica,Arial,sans-serif",
    "-Nfontname=Helvetica,Arial,sans-serif",
    "-Efontname=Helvetica,Arial,sans-serif",
    "-Gfontsize=12",
    "-Nfontsize=12",
    "-Efontsize=10",
    "-Nshape=box",
    "-Nstyle=rounded,filled",
    "-Nfillcolor=#eef3f7",
    "-Ncolor=#5b7083",
    "-Ecolor=#5b7083",
    "-Nmargin=0.18,0.1",
    "-Earrowsize=0.7",
]
