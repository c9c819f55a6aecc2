"""A second company's people, with mistakes of another kind than the demo's.

Plain Python and its own words: nothing here knows how the demo or the linkage works. Four
systems (billing, web, app, helpdesk), keyboard and hearing mistakes, names that change by
marriage, fields swapped or cut, spouses on one mailbox, children named after a parent, twins,
numbers handed on, shop clerks who type the shop's phone.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from tests.identity.other_words import (
    ENGLISH_MEN,
    ENGLISH_SURNAMES,
    ENGLISH_WOMEN,
    FLATS,
    HEARD,
    KEYS,
    KINDS,
    MEN,
    NICKNAMES,
    PROVIDERS,
    STREETS,
    SURNAMES,
    TOWNS,
    WOMEN,
)


def _slip(text: str, dice: random.Random) -> str:
    """One mistake of a finger or an ear."""
    kind = dice.random()
    if kind < 0.35:
        for heard, written in dice.sample(HEARD, len(HEARD)):
            if heard in text.lower()[1:]:
                at = text.lower().index(heard, 1)
                return text[:at] + written + text[at + len(heard) :]
    place = dice.randrange(1, max(2, len(text)))
    if kind < 0.6 and place < len(text):
        return text[:place] + KEYS.get(text[place], text[place - 1]) + text[place + 1 :]
    if kind < 0.8:
        return text[:place] + text[place - 1] + text[place:]
    return text[: place - 1] + text[place:]


def _plain(text: str) -> str:
    table = str.maketrans("áéíóúüñÁÉÍÓÚÑ", "aeiouunAEIOUN")
    return "".join(c for c in text.translate(table).lower() if c.isalpha())


def _dni(number: int) -> str:
    return f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


class _Company:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rows: list[dict[str, Any]] = []
        self.people = self.households = 0
        self.numbers: list[str] = []
        self.boxes: dict[str, int] = {}

    def pick(self, words: list[str]) -> str:
        """Prefers the front of a list."""
        return words[int(self.dice.random() ** 1.7 * len(words))]

    def phone(self, first: str) -> str:
        return first + "".join(self.dice.choice("0123456789") for _ in range(8))

    def household(self) -> None:
        dice = self.dice
        self.households += 1
        english = dice.random() < 0.15
        size = dice.choices([1, 2, 3, 4, 5], [40, 27, 16, 13, 4])[0]
        surnames = ENGLISH_SURNAMES if english else SURNAMES
        names = [self.pick(surnames) for _ in range(4)]
        home = self.address()
        landline = self.phone("9") if dice.random() < 0.5 else None
        members: list[dict[str, Any]] = []
        for role in range(size):
            woman = dice.random() < 0.5 if role != 1 else not members[0]["woman"]
            given = self.pick(
                (ENGLISH_WOMEN if woman else ENGLISH_MEN) if english else (WOMEN if woman else MEN)
            )
            born = date(1945, 1, 1) + timedelta(days=dice.randrange(45 * 365))
            first, second = names[0], names[1]
            if role == 1:
                first, second = names[2], names[3]
                if english and dice.random() < 0.6:
                    first = names[0]
            if role > 1:
                born = date(1990, 1, 1) + timedelta(days=dice.randrange(17 * 365))
                second = names[2]
                parent = members[0] if woman == members[0]["woman"] else members[1]
                if dice.random() < 0.12:
                    given = parent["given"]
                if role > 2 and dice.random() < 0.1:
                    born = members[-1]["born"]
            members.append(
                self.member(given, first, None if english else second, born, woman, english)
            )
        # Who has no mailbox of their own uses that of whom they live with.
        if size > 1 and dice.random() < 0.12:
            for member in members[1:]:
                if dice.random() < 0.5:
                    member["email"] = members[0]["email"]
        for member in members:
            self.records(member, home, landline)

    def member(
        self,
        given: str,
        first: str,
        second: str | None,
        born: date,
        woman: bool,
        english: bool,
    ) -> dict[str, Any]:
        dice = self.dice
        self.people += 1
        plain, surname = _plain(given), _plain(first)
        local = dice.choice(
            [f"{plain}.{surname}", f"{plain}{surname}", f"{plain[0]}{surname}", f"{surname}{plain}"]
        ) + dice.choice(["", "", str(born.year), str(born.year)[2:], str(dice.randrange(1000))])
        # Where dots do not count, neither do they tell two people apart.
        box = local.replace(".", "")
        taken = self.boxes.get(box, 0)
        self.boxes[box] = taken + 1
        email = f"{local}{'x' * taken}@{dice.choice(PROVIDERS)}"
        mobile = self.phone("6")
        if self.numbers and dice.random() < 0.006:
            mobile = dice.choice(self.numbers)
        self.numbers.append(mobile)
        return {
            "person": self.people, "household": self.households, "given": given, "first": first,
            "second": second, "born": born, "woman": woman, "english": english, "email": email,
            "other": f"{plain}.{self.people}@empresa.es", "mobile": mobile,
            "dni": dice.randrange(10**6, 10**8), "maiden": self.pick(ENGLISH_SURNAMES),
        }  # fmt: skip

    def address(self) -> tuple[tuple[str, str], str, int, str, tuple[str, str], str]:
        dice = self.dice
        town = dice.choice(TOWNS)
        return (
            dice.choice(KINDS),
            dice.choice(STREETS),
            dice.randrange(1, 220),
            dice.choice(FLATS),
            town,
            town[1] + f"{dice.randrange(60):03d}",
        )

    def records(self, who: dict[str, Any], home: Any, landline: str | None) -> None:
        dice = self.dice
        old = self.address() if dice.random() < 0.15 else home
        married = who["english"] and who["woman"] and dice.random() < 0.15
        for number in range(dice.choices([1, 2, 3, 4, 6], [58, 25, 10, 5, 2])[0]):
            system = dice.choices(["billing", "web", "app", "helpdesk"], [35, 30, 20, 15])[0]
            self.record(
                system,
                who,
                home if number or dice.random() < 0.7 else old,
                landline,
                who["maiden"] if married and dice.random() < 0.5 else who["first"],
            )

    def record(
        self, system: str, who: dict[str, Any], home: Any, landline: str | None, first: str
    ) -> None:
        dice = self.dice
        given, second = who["given"], who["second"]
        if dice.random() < 0.10 and given in NICKNAMES:
            given = NICKNAMES[given]
        elif " " in given and dice.random() < 0.4:
            parts = given.split()
            given = dice.choice([parts[0], f"{parts[0][0]}. {parts[-1]}", "".join(parts)])
        elif dice.random() < 0.01:
            given = given[0] + "."
        if dice.random() < 0.04:
            given = _slip(given, dice)
        if dice.random() < 0.05:
            first = _slip(first, dice)
        if (
            second
            and dice.random() < {"billing": 0.1, "web": 0.5, "app": 0.7, "helpdesk": 0.5}[system]
        ):
            second = None
        row: dict[str, Any] = {"given_name": given, "surname": first, "second_surname": second}
        if system == "app" and dice.random() < 0.12:
            row = {"given_name": given}
        elif system == "app" and dice.random() < 0.05:
            row = {}
        elif system == "helpdesk":
            row = {"full_name": " ".join(filter(None, [given, first, second]))}
            if dice.random() < 0.25:
                row = {"full_name": " ".join(filter(None, [first, second])) + ", " + given}
        elif dice.random() < 0.01:
            row["given_name"], row["surname"] = first, given
        elif system == "web" and second and dice.random() < 0.5:
            row = {"given_name": given, "surname": f"{first} {second}"}
        if system == "billing" and dice.random() < 0.5:
            row = {key: value and value.upper()[:14] for key, value in row.items()}
        row["email"] = self.email(who) if dice.random() < (0.6 if system != "web" else 1) else None
        row["phone"] = self.own_phone(who, landline) if dice.random() < 0.7 else None
        if system == "billing" and not who["english"] and dice.random() < 0.8:
            tax = _dni(who["dni"])
            if dice.random() < 0.02:
                tax = tax[:3] + tax[4] + tax[3] + tax[5:]
            row["tax_id"] = dice.choice([tax, tax.lstrip("0"), f"{tax[:8]}-{tax[8:]}", tax.lower()])
        if dice.random() < (0.75 if system in ("billing", "app") else 0.2):
            row["birth_date"] = self.birth(who["born"])
        if system in ("billing", "web") and dice.random() < 0.8:
            kind, street, house, flat, town, postal = home
            row["address"] = f"{dice.choice(kind)} {street}".strip() + dice.choice(
                [f", {house}", f" {house}", f" nº {house}", f", {house}{flat}", f" {house}{flat}"]
            )
            row["city"], row["postal_code"] = town[0], postal if dice.random() < 0.9 else None
        row["source_system"], row["source"] = system, "crm_contacts"
        row["source_record_id"] = f"{dice.randrange(10**6)}-{len(self.rows)}"
        row["country"] = "GB" if who["english"] else "ES"
        row["created_at"] = datetime(2024, 1, 1) + timedelta(minutes=dice.randrange(10**6))  # noqa: DTZ001
        row["person"], row["household"] = who["person"], who["household"]
        self.rows.append(row)

    def email(self, who: dict[str, Any]) -> str:
        dice = self.dice
        chance = dice.random()
        email = who["other"] if chance < 0.12 else who["email"]
        local, _, domain = email.partition("@")
        if domain == "gmail.com" and dice.random() < 0.06:
            local = dice.choice(
                [local.replace(".", ""), f"{local}+tienda", local[:3] + "." + local[3:]]
            )
        if dice.random() < 0.01:
            domain = {"gmail.com": "gmial.com", "hotmail.com": "hotmial.com"}.get(domain, domain)
        if dice.random() < 0.008:
            return dice.choice(["no@no.com", "cliente@cliente.com", "notiene@notiene.com"])
        if dice.random() < 0.008:
            local = _slip(local, dice)
        return f"{local}@{domain}" if dice.random() < 0.9 else f"{local}@{domain}".upper()

    def own_phone(self, who: dict[str, Any], landline: str | None) -> str:
        dice = self.dice
        chance = dice.random()
        number: str = landline if landline and chance < 0.25 else who["mobile"]
        if chance > 0.985:
            number = dice.choice(["912000000", "985555555", "952111222"])
        elif chance > 0.975:
            return dice.choice(["999999999", "000000000", "600000000"])
        elif chance > 0.965:
            number = number[:4] + number[5] + number[4] + number[6:]
        spaced = f"{number[:3]} {number[3:5]} {number[5:7]} {number[7:]}"
        return dice.choice([number, f"+34{number}", f"0034 {number}", spaced, f"(+34) {spaced}"])

    def birth(self, born: date) -> date:
        dice = self.dice
        chance = dice.random()
        if chance < 0.01:
            return date(1970, 1, 1)
        if chance < 0.02 and born.day <= 12:
            return date(born.year, born.day, born.month)
        if chance < 0.025:
            return date(born.year + 1, born.month, min(born.day, 28))
        return born


def make_people(records: int, seed: int) -> pa.Table:
    """At least ``records`` records with the columns of ``stg_people``, and the truth.

    ``person`` and ``household`` say who is who; the same seed gives the same rows.
    """
    company = _Company(seed)
    while len(company.rows) < records:
        company.household()
    names = [
        "source_system", "source_record_id", "source", "given_name", "surname", "second_surname",
        "full_name", "email", "phone", "tax_id", "loyalty_number", "address", "postal_code",
        "city", "region", "country", "language", "home_store_id", "account_owner",
    ]  # fmt: skip
    columns = {
        name: pa.array([row.get(name) for row in company.rows], pa.string()) for name in names
    }
    columns["birth_date"] = pa.array([row.get("birth_date") for row in company.rows], pa.date32())
    columns["created_at"] = pa.array(
        [row["created_at"] for row in company.rows], pa.timestamp("us")
    )
    columns["updated_at"] = columns["created_at"]
    for name in ("person", "household"):
        columns[name] = pa.array([row[name] for row in company.rows], pa.int64())
    return pa.table(columns)
