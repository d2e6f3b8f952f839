"""Tell why a stage has no files of a project. Usage: python3 why.py URL COMPANY STAGE PROJECT."""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from typing import Any

PAGE = "application/vnd.pypi.simple.v1+json"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str, accept: str) -> tuple[int, Any]:
    """The status and JSON of an answer; without a login, as this asks devpi itself."""
    try:
        request = urllib.request.Request(url, headers={"Accept": accept})
        with OPENER.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, None
    except (OSError, ValueError) as error:
        return 0, str(error)


def why(url: str, company: str, stage: str, project: str) -> tuple[int, str]:
    """The exit code, and the sentence that says it."""
    status, page = get(f"{url}/{company}/{stage}/+simple/{project}/", PAGE)
    if status == 0:
        return 3, f"devpi does not answer: {page}"
    if status == 200 and page["files"]:
        return 0, f"{company}/{stage} offers {len(page['files'])} files of {project}"
    if get(f"{url}/{company}/{stage}?no_projects=", "application/json")[0] == 404:
        return 2, f"there is no index {company}/{stage}: set COMPANY and STAGE to one there is"
    _, names = get(f"{url}/{company}/names", "application/json")
    if names and project in names["result"]["projects"]:
        return 1, f"{project} is a private name, and nothing of it is in {company}/{stage} yet"
    status, page = get(f"{url}/root/pypi/+simple/{project}/", PAGE)
    if status == 200 and page["files"]:
        hidden = f"{company}/{stage} does not offer {project}, though root/pypi has it"
        return 1, f"{hidden}: a project without files hides it, or a page is out of date"
    if status in (200, 404):
        return 1, f"there is no project {project}, neither here nor upstream"
    return 3, f"upstream does not answer: devpi cannot know whether there is a project {project}"


if __name__ == "__main__":
    *place, name = sys.argv[1:]
    code, sentence = why(place[0], place[1], place[2], re.sub(r"[-_.]+", "-", name).lower())
    print(f"why: {sentence}")
    sys.exit(code)
