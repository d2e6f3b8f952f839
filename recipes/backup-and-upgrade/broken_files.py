"""Say which distributions of a folder cannot be read to their end, one name a line.

Usage: python3 broken_files.py FOLDER

pypiserver writes an upload straight to its final name. Half a file is there while an upload
goes on, and for good after a full disk or a kill.
"""

import lzma
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

READ = 1 << 20  # bytes at a time


def is_whole(path: Path) -> bool:
    """Whether an archive can be read to its end; a file that is no archive counts as whole."""
    try:
        if path.suffix in (".whl", ".zip", ".egg"):
            with zipfile.ZipFile(path) as archive:
                return archive.testzip() is None
        if path.name.endswith((".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")):
            with tarfile.open(path) as archive:
                for member in archive:
                    content = archive.extractfile(member)
                    while content is not None and content.read(READ):
                        pass
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError):
        return False
    return True


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if not is_whole(file):
            print(file.relative_to(folder))
