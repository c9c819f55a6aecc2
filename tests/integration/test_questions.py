"""Every query of docs/questions.md runs on what is published, and finds something."""

from __future__ import annotations

from tests.docs.questions import questions
from tests.integration.conftest import Built

# Two builds of one delivery merge nobody whom the first kept apart.
OF_NOTHING_HERE = {9}


def test_every_question_has_an_answer(demo: Built) -> None:
    with demo.connect() as db:
        db.execute("use warehouse")
        answers = {
            int(title.split(".")[0]): len(db.execute(query).fetchall())
            for title, query in questions()
        }
    assert {number for number, rows in answers.items() if rows == 0} == OF_NOTHING_HERE
