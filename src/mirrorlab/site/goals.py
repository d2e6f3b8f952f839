"""``docs/set-up.toml``: five questions, the goals that lead to a recipe, and what fits whom.

A file in which a combination of answers leads nowhere and is not refused is a broken file: a reader
would be left alone with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from mirrorlab import tables
from mirrorlab.errors import BrokenFile, UnknownName
from mirrorlab.tables import Table

Fits = Mapping[str, tuple[str, ...]]
"""Question -> the answers that fit; a question that is missing: any."""
Answers = Mapping[str, str]
"""Question -> the answer given; one that is missing: not answered."""


@dataclass(frozen=True)
class Answer:
    """One answer: as a reader gives it, and in a word or two for the table."""

    says: str
    short: str


@dataclass(frozen=True)
class Question:
    """One question and its answers by their names."""

    name: str
    asks: str
    head: str
    """Its word in the table."""
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Lead:
    """A goal in the reader's words, whom it fits, and the recipe it leads to."""

    goal: str
    recipe: str
    decides: str
    """What makes a reader take it where another fits as well: "Take it if …"."""
    fits: Fits


@dataclass(frozen=True)
class Refusal:
    """Answers that do not go together, and what to answer instead."""

    says: str
    fits: Fits


@dataclass(frozen=True)
class Beside:
    """A recipe that no goal leads to alone, and when to add it."""

    recipe: str
    when: str


@dataclass(frozen=True)
class Goals:
    """The whole file."""

    questions: tuple[Question, ...]
    leads: tuple[Lead, ...]
    refusals: tuple[Refusal, ...]
    besides: tuple[Beside, ...]

    def leading(self, answers: Answers) -> list[Lead]:
        """Give the goals that fit all of these answers."""
        return [lead for lead in self.leads if fits(lead.fits, answers)]

    def refusing(self, answers: Answers) -> list[Refusal]:
        """Give the reasons why these answers do not go together."""
        return [
            refusal
            for refusal in self.refusals
            if refusal.fits.keys() <= answers.keys() and fits(refusal.fits, answers)
        ]

    def combinations(self) -> Iterator[dict[str, str]]:
        """Give every combination of one answer to each question."""
        names = [question.name for question in self.questions]
        for answers in product(*(question.answers for question in self.questions)):
            yield dict(zip(names, answers, strict=True))


def fits(wanted: Fits, answers: Answers) -> bool:
    """Whether each answer is among the wanted ones."""
    return all(answer in wanted.get(name, (answer,)) for name, answer in answers.items())


def load(path: Path, catalogue: Iterable[str]) -> Goals:
    """Read the file, for the recipes of a catalogue. Raises BrokenFile, naming the place."""
    top = tables.load(path)
    top.schema(1)
    questions = tuple(map(_question, top.tables("question")))
    known = tuple(catalogue)
    goals = Goals(
        questions,
        tuple(_lead(table, questions, known) for table in top.tables("lead")),
        tuple(_refusal(table, questions) for table in top.tables("refusal")),
        tuple(_beside(table, known) for table in top.tables("beside")),
    )
    top.finish()
    _every_recipe(path, goals, known)
    _every_combination(path, goals)
    return goals


def _every_recipe(path: Path, goals: Goals, known: tuple[str, ...]) -> None:
    leading = {lead.recipe for lead in goals.leads}
    for number, beside in enumerate(goals.besides):
        if beside.recipe in leading:
            raise BrokenFile(
                path, f"beside[{number}].recipe", f"{beside.recipe} has a goal already"
            )
    missing = set(known) - leading - {beside.recipe for beside in goals.besides}
    if missing:
        names = ", ".join(sorted(missing))
        raise BrokenFile(path, "lead", f"nothing leads to {names}; add a lead, or a beside")


def _every_combination(path: Path, goals: Goals) -> None:
    for answers in goals.combinations():
        leading, refusing = goals.leading(answers), goals.refusing(answers)
        said = ", ".join(f"{name} = {answer}" for name, answer in answers.items())
        if not leading and not refusing:
            raise BrokenFile(path, "lead", f"nothing fits {said}; add a lead, or a refusal")
        if leading and refusing:
            both = f"{leading[0].recipe} fits {said}, and it is refused: {refusing[0].says}"
            raise BrokenFile(path, "refusal", both)


def _question(table: Table) -> Question:
    answers = table.mapping("answers")
    return Question(
        name=table.text("name"),
        asks=table.text("asks"),
        head=table.text("head"),
        answers={
            name: Answer(one.text("says"), one.text("short")) for name, one in answers.items()
        },
    )


def _lead(table: Table, questions: tuple[Question, ...], known: tuple[str, ...]) -> Lead:
    return Lead(
        goal=table.text("goal"),
        recipe=_recipe(table, known),
        decides=table.text("decides"),
        fits={question.name: _answers(table, question) for question in questions},
    )


def _refusal(table: Table, questions: tuple[Question, ...]) -> Refusal:
    named = [question for question in questions if question.name in table]
    return Refusal(table.text("says"), {one.name: _answers(table, one) for one in named})


def _beside(table: Table, known: tuple[str, ...]) -> Beside:
    return Beside(_recipe(table, known), table.text("when"))


def _recipe(table: Table, known: tuple[str, ...]) -> str:
    name = table.text("recipe")
    if name not in known:
        raise table.broken("recipe", str(UnknownName("recipe", name, known, of="the catalogue")))
    return name


def _answers(table: Table, question: Question) -> tuple[str, ...]:
    known = tuple(question.answers)
    given = table.texts(question.name)
    for number, name in enumerate(given):
        if name not in known:
            problem = str(UnknownName("answer", name, known, of=f"the question {question.name}"))
            raise table.broken(question.name, problem, number)
    if not given:
        raise table.broken(question.name, "must name one answer at least")
    return given
