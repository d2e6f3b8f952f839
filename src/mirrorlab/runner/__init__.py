"""Run a recipe: its steps, its promise and its drills, each in a world of its own.

A *world* is one child process. It cuts itself off from the network, starts a fresh lab with the
local test index, copies the recipe into it as a copier would get it, runs every step, then the
promise or one drill. :func:`run` schedules the worlds of a recipe and says what held.
"""

from mirrorlab.runner.answer import Answer
from mirrorlab.runner.engine import exit_code, run, run_all, running_python
from mirrorlab.runner.preparation import Prepared, bare, prepare
from mirrorlab.runner.result import DrillResult, Measure, Result, StepResult
from mirrorlab.runner.stage import Run

__all__ = [
    "Answer",
    "DrillResult",
    "Measure",
    "Prepared",
    "Result",
    "Run",
    "StepResult",
    "bare",
    "exit_code",
    "prepare",
    "run",
    "run_all",
    "running_python",
]
