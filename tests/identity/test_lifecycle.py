"""Whatever happens to the records, ids keep to their rules: a machine against an oracle."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cartera.identity.ledger import LEDGER_COLUMNS, MEMBERSHIP, merges_sql
from cartera.identity.persist import assign, customer_id
from cartera.identity.renumbered import find_renumbered
from tests.identity.ids_oracle import Ids, Key, Record, publish
from tests.identity.linking import unoptimised

KEY = b"a key of the tests"
START = datetime.fromisoformat("2025-01-01")
SYSTEMS = st.sampled_from(["crm", "shop"])
Delivery = tuple[tuple[str, int], int, int | None, int | None]
# A key, the person that linking sees in it, what the record says, and when it was made.
DELIVERY = st.tuples(
    st.tuples(SYSTEMS, st.integers(0, 9)),
    st.integers(0, 3),
    st.none() | st.integers(0, 7),
    st.none() | st.integers(0, 3),
)
HOW = st.sampled_from(["build", "twice", "from nothing"])


class Step:
    """The step alone: records and clusters in, ledger out, in memory and without linking."""

    def __init__(self) -> None:
        self.db = unoptimised(duckdb.connect())
        self.db.execute("set threads = 1; attach ':memory:' as work; create schema work.identity")

    def run(
        self,
        ledger: pa.Table | None,
        before: pa.Table | None,
        exported: pa.Table | None,
        records: dict[Key, Record],
        clusters: list[set[Key]],
        publication_id: str,
    ) -> tuple[dict[Key, str], dict[str, str], pa.Table, pa.Table]:
        """Customers of the records, where other ids lead, the ledger, the fingerprints."""
        db, keys = self.db, sorted(records)
        db.execute(
            f"""
            create or replace table work.identity.ledger ({LEDGER_COLUMNS});
            create or replace table work.identity.elsewhere (event varchar, customer_id varchar,
                source_system varchar, source_record_id varchar, reason varchar);
            create or replace table work.identity.fingerprints_before (source_system varchar,
                source_record_id varchar, fingerprint varchar);
            create or replace table work.identity.links (record_a bigint, record_b bigint,
                linked_by varchar, weight double);
            """
        )
        self._give(ledger, before, exported)
        row = {
            "record": pa.array(range(len(keys)), pa.int64()),
            "source_system": pa.array([key[0] for key in keys], pa.string()),
            "source_record_id": pa.array([key[1] for key in keys], pa.string()),
            "source": pa.array([records[key].source for key in keys], pa.string()),
            "email_key": pa.array([records[key].says for key in keys], pa.string()),
            "created_at": pa.array(
                [
                    None if (day := records[key].created) is None else START + timedelta(day)
                    for key in keys
                ],
                pa.timestamp("us"),
            ),
        }
        parts = {key: number for number, part in enumerate(clusters) for key in part}
        labels = {"record": row["record"], "cluster": pa.array([parts[key] for key in keys])}
        none = pa.nulls(len(keys), pa.string())
        for name in ("phone_key", "tax_key", "loyalty_key", "birth_date"):
            row[name] = none
        for name in ("given_key", "surname_key", "second_surname_key"):
            row[name] = none
        for name, columns in [("records", row), ("clusters", labels)]:
            db.register("arrow", pa.table(columns))
            db.execute(f"create or replace table work.identity.{name} as from arrow")
            db.unregister("arrow")
        find_renumbered(db)
        assign(db, KEY, publication_id, START)
        found = db.execute(
            "select source_system, source_record_id, customer_id "
            "from work.identity.assigned join work.identity.records using (record)"
        ).fetchall()
        merges = merges_sql("work.identity.ledger")
        leads = db.execute(
            f"select old_customer_id, current_customer_id from ({merges})"
        ).fetchall()
        return (
            {(system, number): customer for system, number, customer in found},
            dict(leads),
            db.execute("from work.identity.ledger order by event_id").to_arrow_table(),
            db.execute(
                "select source_system, source_record_id, fingerprint "
                "from work.identity.records join work.identity.fingerprints using (record)"
            ).to_arrow_table(),
        )

    def _give(self, ledger: Any, before: Any, exported: Any) -> None:
        for table, arrow, query in [
            ("ledger", ledger, "from arrow"),
            ("fingerprints_before", before, "from arrow"),
            (
                "elsewhere",
                exported,
                "select event, customer_id, source_system, source_record_id, reason from arrow "
                f"where source_record_id is not null and event in {MEMBERSHIP} and customer_id "
                "not in (select customer_id from work.identity.ledger)",
            ),
        ]:
            if arrow is not None:
                self.db.register("arrow", arrow)
                self.db.execute(f"insert into work.identity.{table} by name {query}")
                self.db.unregister("arrow")


STEP = Step()


class Lifecycle(RuleBasedStateMachine):
    """Records come, change, go and are numbered anew; stewards decide; builds follow."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[Key, Record] = {}
        self.person: dict[Key, str] = {}
        # Each publication: the ledger, the fingerprints, and what the oracle knows.
        self.published: list[tuple[pa.Table, pa.Table, Ids]] = []
        self.base = -1
        self.exported = -1
        self.ever: set[str] = set()
        self.born_of: dict[str, Key] = {}

    @initialize(deliveries=st.lists(DELIVERY, min_size=5, max_size=9))
    def begin(self, deliveries: list[Delivery]) -> None:
        self.deliver(deliveries, "build")

    @rule(deliveries=st.lists(DELIVERY, min_size=1, max_size=4), how=HOW)
    def deliver(self, deliveries: list[Delivery], how: str) -> None:
        """Records are new, or say something else, and may be somebody else's."""
        for (system, number), person, says, created in deliveries:
            key = (system, str(number))
            if number == 9:  # Named by facts alone, which say nothing of the person.
                self.records[key] = Record("facts", None, created)
            else:
                said = None if says is None else f"m{says}"
                self.records[key] = Record("crm_contacts", said, created)
            self.person[key] = f"p{person}"
        self._build(how)

    @precondition(lambda self: self.records)
    @rule(data=st.data(), how=HOW)
    def remove(self, data: st.DataObject, how: str) -> None:
        for key in data.draw(st.sets(st.sampled_from(sorted(self.records)), max_size=3)):
            del self.records[key], self.person[key]
        self._build(how)

    @precondition(lambda self: len(self.records) > 1)
    @rule(data=st.data(), how=HOW)
    def link(self, data: st.DataObject, how: str) -> None:
        """A steward, or new evidence, says that two people are one."""
        people = sorted(set(self.person.values()))
        one, gone = (data.draw(st.sampled_from(people)) for _ in range(2))
        for key, person in self.person.items():
            if person == gone:
                self.person[key] = one
        self._build(how)

    @precondition(lambda self: self.records)
    @rule(data=st.data(), person=st.integers(10, 12), how=HOW)
    def unlink(self, data: st.DataObject, person: int, how: str) -> None:
        """A steward says that records are somebody else's."""
        records = st.sets(st.sampled_from(sorted(self.records)), min_size=1, max_size=3)
        for key in data.draw(records):
            self.person[key] = f"p{person}"
        self._build(how)

    @precondition(lambda self: self.records)
    @rule(system=SYSTEMS, shift=st.integers(1, 9), how=HOW)
    def renumber(self, system: str, shift: int, how: str) -> None:
        """A source numbers its records anew, some of them with numbers that others had.

        Facts may go on naming the old number.
        """

        def new(key: Key) -> Key:
            return (system, str((int(key[1]) + shift) % 13)) if key[0] == system else key

        left = {k: "q" for k in self.records if k[0] == system and int(k[1]) % 3 == 0}
        self.records = {new(key): record for key, record in self.records.items()}
        self.person = {new(key): person for key, person in self.person.items()}
        for key in left:
            if key not in self.records:
                self.records[key] = Record("facts", None, None)
                self.person[key] = f"q{key[1]}"
        self._build(how)

    @precondition(lambda self: len(self.published) > 1)
    @rule(data=st.data(), how=HOW)
    def roll_back(self, data: st.DataObject, how: str) -> None:
        self.base = data.draw(st.integers(0, len(self.published) - 1))
        self._build(how)

    def _build(self, how: str) -> None:
        """Build; from the exported ledger alone, as after a loss; or twice, as after a crash."""
        self._publish(from_nothing=how == "from nothing" and self.exported >= 0)
        if how == "twice":
            ledger, _, ids = self.published[self.base]
            found, leads, again, _ = self._run(from_nothing=False)
            assert again.equals(ledger)
            assert found == {key: ids.owner[key] for key in self.records}
            assert leads == ids.leads

    def _clusters(self) -> list[set[Key]]:
        parts: dict[str, set[Key]] = {}
        for key, person in self.person.items():
            parts.setdefault(person, set()).add(key)
        return list(parts.values())

    def _run(self, *, from_nothing: bool) -> Any:
        number = self.exported if from_nothing else self.base
        base = self.published[number] if self.published else None
        exported = self.published[self.exported][0] if base and not from_nothing else None
        return STEP.run(
            base[0] if base else None,
            base[1] if base else None,
            exported,
            self.records,
            self._clusters(),
            f"p{len(self.published)}",
        )

    def _publish(self, *, from_nothing: bool) -> None:
        found, leads, ledger, fingerprints = self._run(from_nothing=from_nothing)
        number = self.exported if from_nothing else self.base
        before = self.published[number][2] if self.published else Ids()
        other = self.published[self.exported][2] if self.published and not from_nothing else None
        after, expected = publish(
            before,
            self.records,
            self._clusters(),
            lambda key, number: customer_id(KEY, *key, number),
            other,
        )
        assert found == expected
        assert leads == after.leads
        if number >= 0:
            told = self.published[number][0]
            assert ledger.slice(0, told.num_rows).equals(told)
        self.published.append((ledger, fingerprints, after))
        self.base = self.exported = len(self.published) - 1
        self.ever |= set(found.values())
        for customer in found.values():
            assert (
                self.born_of.setdefault(customer, after.key_of[customer])
                == (after.key_of[customer])
            )

    @invariant()
    def every_id_ever_published_still_resolves(self) -> None:
        if not self.published:
            return
        ids = self.published[self.base][2]
        current = {ids.owner[key] for key in self.records}
        for customer in self.ever:
            assert customer in ids.key_of
            if customer not in current and customer not in ids.leads:
                gone = [key for key, owner in ids.owner.items() if owner == customer]
                assert not any(key in self.records for key in gone)


TestLifecycle = Lifecycle.TestCase
# A failure names every step it took; making it smaller would take minutes.
TestLifecycle.settings = settings(
    max_examples=7, stateful_step_count=10, deadline=None, phases=(Phase.generate,)
)
