"""The tutorial day: the folder it happens in, and what "check yourself" looks at.

A chapter is data: its checks look at files, hashes, what is installed and what a server answers,
never at what was typed.
"""

from mirrorlab.tutorial.check import Chapter, Check, Finding, Outcome, Report, examine
from mirrorlab.tutorial.day import Answer, Day
from mirrorlab.tutorial.registry import FOLDER, chapter, chapters, find_folder

__all__ = [
    "FOLDER",
    "Answer",
    "Chapter",
    "Check",
    "Day",
    "Finding",
    "Outcome",
    "Report",
    "chapter",
    "chapters",
    "examine",
    "find_folder",
]
