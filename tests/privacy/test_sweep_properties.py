"""Whoever is erased: every record stays counted, and revenue per day is that of before.

An oracle in plain Python reads the delivered lines and says which rows are to be left.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cartera import tombstones
from cartera.privacy.sweep import sweep
from cartera.settings import Settings
from ingestion.contract import load_contracts
from tests.privacy.small import Small

NAMES = ["P-1001", "P-1002", "P-1003"]
MAILS = {name: f"p{name[-1]}@example.com" for name in NAMES}
people = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(["", *MAILS.values()]),
        st.sampled_from(["1980-05-31", "soon", ""]),
    ),
    max_size=6,
)
orders = st.lists(
    st.tuples(
        st.sampled_from(["", *NAMES]),
        st.sampled_from(["", *MAILS.values()]),
        st.sampled_from(["2026-01-01", "2026-01-02"]),
        st.sampled_from(["10.50", "3", "much"]),
    ),
    max_size=6,
)
erased = st.sets(st.sampled_from(NAMES), min_size=1, max_size=2)


@examples(max_examples=6, deadline=None)
@given(people, orders, erased)
def test_nothing_is_lost_but_who_it_was(
    people: list[tuple[str, str, str]],
    orders: list[tuple[str, str, str, str]],
    erased: set[str],
) -> None:
    mails = {MAILS[name] for name in erased}
    with tempfile.TemporaryDirectory() as home:
        small = Small(Settings(home=Path(home), hash_key="k", threads=1))
        # One of each for sure, so that there is something to read.
        people = [*people, ("P-9999", "p9@example.com", "")]
        orders = [*orders, ("P-9999", "", "2026-01-01", "1")]
        small.deliver("crm_contacts", [f"{n},x,{m},,,{b}," for n, m, b in people])
        small.deliver("orders", [f"o{i},{n},{m},{d},{a}" for i, (n, m, d, a) in enumerate(orders)])
        small.land()
        revenue = small.rows("orders", "ordered_at, gross_amount")
        tombstones.add(
            small.settings,
            "x",
            [
                *(("record", tombstones.joined("acme", name)) for name in erased),
                *(("email", mail) for mail in mails),
            ],
        )
        contracts = [c for c in load_contracts(small.settings.contracts) if c.system == "acme"]
        sweep(small.settings, contracts)
        assert small.rows("orders", "ordered_at, gross_amount") == revenue

        left = [(n, m) for n, m, b in people if b != "soon" and n not in erased and m not in mails]
        assert Counter(small.rows("crm_contacts", "record_id, coalesce(email, '')")) == Counter(
            left
        )
        (account,) = small.accounts("crm_contacts")
        refused = [(n, m) for n, m, b in people if b == "soon"]
        stay = [n for n, m in refused if n not in erased and m not in mails]
        assert account == (len(people), len(left), len(stay), len(people) - len(left) - len(stay))

        named = [
            ("" if n in erased else n, "" if n in erased or m in mails else m)
            for n, m, _, a in orders
            if a != "much"
        ]
        found = small.rows("orders", "coalesce(party_id, ''), coalesce(party_email, '')")
        assert Counter(found) == Counter(named)
        (account,) = small.accounts("orders")
        kept = [n for n, m, _, a in orders if a == "much" and n not in erased and m not in mails]
        landed = len(named)
        assert account == (len(orders), landed, len(kept), len(orders) - landed - len(kept))
        before = small.batches("orders")
        sweep(small.settings, contracts)
        assert small.batches("orders") == before
