"""Records as they are written become keys that can be compared, and keep what they showed."""

from __future__ import annotations

from datetime import date

from tests.identity.linking import Linking


def standard(people):
    return Linking(people).standardise()


NAMES = [
    ({"full_name": "María José de la Cruz Ruiz"}, "maria jose", "cruz", "ruiz"),
    ({"full_name": "GARCÍA LÓPEZ, Mª José"}, "maria jose", "garcia", "lopez"),
    ({"full_name": "Ma. Teresa Pérez"}, "maria teresa", "perez", None),
    ({"full_name": "J. Carlos Gil Sanz"}, "j carlos", "gil", "sanz"),
    ({"full_name": "José Luis García"}, "jose luis", "garcia", None),
    ({"full_name": "Ana García López"}, "ana", "garcia", "lopez"),
    ({"full_name": "García López Ana"}, "ana", "garcia", "lopez"),
    ({"full_name": "Mary Jane Watson", "country": "GB"}, "mary jane", "watson", None),
    ({"full_name": "Ana"}, "ana", None, None),
    ({"full_name": "María del Carmen Ruiz"}, "maria carmen", "ruiz", None),
    ({"full_name": "María de los Ángeles Ruiz Gil"}, "maria angeles", "ruiz", "gil"),
    ({"full_name": "RUIZ GIL MARIA DEL CARMEN"}, "maria carmen", "ruiz", "gil"),
    ({"full_name": "Ana Ruiz de la Torre Gil"}, "ana", "ruiz", "torre"),
    ({"full_name": "Sr. D. Antonio Gil Sanz"}, "antonio", "gil", "sanz"),
    ({"full_name": "Dr. John A. Smith Jr.", "country": "US"}, "john a", "smith", None),
    ({"full_name": "Ana\tGil\u00a0Sanz"}, "ana", "gil", "sanz"),
    ({"full_name": "Ana Gil Sanz", "given_name": "Ana"}, "ana", "gil", "sanz"),
    ({"full_name": "Consumidor Final"}, None, None, None),
    ({"given_name": "García", "surname": "Ana"}, "ana", "garcia", None),
    ({"given_name": "Ana García López"}, "ana", "garcia", "lopez"),
    ({"given_name": "Sinéad", "surname": "O'Connor", "country": "IE"}, "sinead", "oconnor", None),
    ({"given_name": "Fco. Javier", "surname": "Núñez"}, "francisco javier", "nunez", None),
    ({"given_name": "Ana", "surname": "García-López"}, "ana", "garcia", "lopez"),
    ({"full_name": "Ana Gil de Pérez"}, "ana", "gil", None),
    ({"given_name": "Ana", "surname": "Gil Vda. de Castro"}, "ana", "gil", None),
    ({"given_name": "Ana", "surname": "Gil de Castro"}, "ana", "gil", "castro"),
    ({"full_name": "JC Gil Sanz"}, "j c", "gil", "sanz"),
    ({"full_name": "Md Karim"}, "md", "karim", None),
    ({"given_name": "Dña. Ana", "surname": "García"}, "ana", "garcia", None),
    ({"given_name": "Cliente", "surname": "Test"}, None, None, None),
    ({"given_name": "Анна", "surname": "Иванова"}, "анна", "иванова", None),
    ({}, None, None, None),
]


def test_names_in_every_form_become_given_name_and_surnames():
    rows = standard([person for person, *_ in NAMES])
    found = [(r["given_full"], r["surname_key"], r["second_surname_key"]) for r in rows]
    assert found == [(given, first, second) for _, given, first, second in NAMES]


def test_accents_and_particles_stay_where_they_are_shown():
    row = standard([{"full_name": "María José de la Cruz Núñez"}])[0]
    assert (row["given"], row["surname_1"], row["surname_2"]) == (
        "María José",
        "de la Cruz",
        "Núñez",
    )


def test_a_nickname_stands_for_the_names_it_may_mean():
    rows = standard(
        [
            {"given_name": "Paco"},
            {"given_name": "Pepe Luis", "surname": "Gil"},
            {"given_name": "Chris"},
        ]
    )
    meant = [set(row["given_roots"].split("|")) for row in rows]
    assert "francisco" in meant[0]
    assert "jose luis" in meant[1]
    assert {"christopher", "christine"} <= meant[2]


EMAILS = [
    (" Ana.Gil+web@Gmail.com ", "anagil@gmail.com"),
    ("ana.gil@googlemail.com", "anagil@gmail.com"),
    ("ana.gil+web@outlook.com", "ana.gil@outlook.com"),
    ("ana.gil+web@empresa.es", "ana.gil+web@empresa.es"),
    ("mailto:ana@correo.es", "ana@correo.es"),
    ("<ana@correo.es>", "ana@correo.es"),
    ("ana@correo", None),
    ("ana gil@correo.es", None),
    ("noreply@empresa.es", None),
    ("test@test.com", None),
]


def test_an_email_is_folded_only_as_its_provider_folds_it():
    rows = standard([{"email": c[0]} for c in EMAILS])
    assert [row["email_key"] for row in rows] == [c[1] for c in EMAILS]


def test_a_mistyped_domain_is_a_hint_and_no_correction():
    row = standard([{"email": "ana@gmial.com"}])[0]
    assert (row["email_key"], row["email_meant"]) == ("ana@gmial.com", "ana@gmail.com")


def test_a_rare_domain_beside_a_frequent_one_is_taken_for_a_slip():
    people = [{"email": f"p{i}@correo.example"} for i in range(120)]
    rows = standard([*people, {"email": "ana@corroe.example"}])
    assert rows[-1]["email_meant"] == "ana@correo.example"


PHONES = [
    ("600 11 22 33", None, "+34600112233"),
    ("0034 600-11-22-33", "ES", "+34600112233"),
    ("600 11 22 33", "España", "+34600112233"),
    ("600 11 22 33", "ESP", "+34600112233"),
    ("600 11 22 33", "", "+34600112233"),
    ("+34 666 666 666", "ES", None),
    ("0034 600 000 000", None, None),
    ("+52 55 5555 5555", "MX", None),
    ("(+34) 600 112 233", "GB", "+34600112233"),
    ("34600112233", "ES", "+34600112233"),
    ("07700 900123", "GB", "+447700900123"),
    ("11 2345-6789", "AR", "+541123456789"),
    ("+52 55 1234 5678", "MX", "+525512345678"),
    ("12", "ES", None),
    ("000000000", "ES", None),
    ("999 999 999", "ES", None),
    ("no tiene", "ES", None),
]


def test_a_phone_is_read_by_the_country_of_its_record():
    rows = standard([{"phone": c[0], "country": c[1]} for c in PHONES])
    assert [row["phone_key"] for row in rows] == [c[2] for c in PHONES]


def test_the_short_way_for_spanish_phones_says_what_the_library_says():
    from cartera.identity.phones import e164

    typed = ["600112233", "34 912 000 100", "0034-600 11 22 33", "+34 712345678", "91 200 01 00"]
    rows = standard([{"phone": phone, "country": "ES"} for phone in typed])
    assert [row["phone_key"] for row in rows] == [e164(phone, "ES")[0] for phone in typed]


TAX_IDS = [
    ("12345678-Z", "ES", "nif", "12345678Z"),
    ("12345678A", "ES", "nif", None),
    ("1234567L", None, "nif", "1234567L"),
    ("X1234567L", "ES", "nie", "X1234567L"),
    ("X1234567A", "ES", "nie", None),
    ("K1234567L", "ES", "nif", "K1234567L"),
    ("K1234567A", "ES", "nif", None),
    ("B12345674", "ES", "company", None),
    ("30-71234567-1", "AR", "company", None),
    ("11.222.333/0001-81", "BR", "company", None),
    ("76.543.210-3", "CL", "company", None),
    ("ES12345678Z", "ES", "nif", "12345678Z"),
    ("123456789", "GB", None, None),
    ("12.345.678-5", "CL", "rut", "123456785"),
    ("12.345.678-6", "CL", "rut", None),
    ("20-12345678-6", "AR", "cuit", "20123456786"),
    ("20-12345678-5", "AR", "cuit", None),
    ("529.982.247-25", "BR", "cpf", "52998224725"),
    ("529.982.247-26", "BR", "cpf", None),
    ("GODE561231GR8", "MX", "rfc", "GODE561231GR8"),
    ("GODE561231GR9", "MX", "rfc", None),
    ("XAXX010101000", "MX", "rfc", None),
    ("AB123456C", "GB", "other", "AB123456C"),
    ("00000000T", "ES", None, None),
]


def test_a_tax_id_counts_only_with_the_right_check_digit():
    rows = standard([{"tax_id": c[0], "country": c[1]} for c in TAX_IDS])
    assert [(row["tax_kind"], row["tax_key"]) for row in rows] == [c[2:] for c in TAX_IDS]


def test_the_digits_of_a_mistyped_tax_id_remain_as_a_hint():
    rows = standard([{"tax_id": "12345678A"}, {"tax_id": "12345678Z"}])
    assert rows[0]["tax_digits"] == rows[1]["tax_digits"] == "12345678"


ADDRESSES = [
    ("C/ Mayor, 12, 3º B", "mayor 12", "3 b"),
    ("Calle Mayor 12 piso 3 puerta B", "mayor 12", "3 b"),
    ("calle mayor nº 12", "mayor 12", None),
    ("Avda. de la Constitución, 5", "avenida constitucion 5", None),
    ("Avenida Constitución 5", "avenida constitucion 5", None),
    ("12 High St", "high street 12", None),
    ("12 High Street, Flat 3", "high street 12", "3"),
    ("Calle Mayor s/n", None, None),
    ("sin dirección", None, None),
]


def test_an_address_is_street_number_and_flat():
    rows = standard([{"address": c[0]} for c in ADDRESSES])
    assert [(row["address_key"], row["flat_key"]) for row in rows] == [c[1:] for c in ADDRESSES]


def test_a_birth_date_that_forms_fill_in_is_none_and_counted():
    often = [{"birth_date": date(1985, 5, 5)} for _ in range(30)]
    others = [{"birth_date": date(1980 + i % 30, 1 + i % 12, 1 + i % 28)} for i in range(60)]
    linking = Linking([*often, *others, {"birth_date": date(1900, 1, 1)}])
    rows = linking.standardise()
    assert [row["birth_key"] for row in rows].count(None) == 31
    assert linking.placeholders["birth_date"] == 31


def test_placeholders_are_counted_by_kind():
    linking = Linking(
        [
            {"email": "sinemail@tienda.es", "phone": "000000000", "given_name": "Cliente"},
            {"tax_id": "00000000", "address": "sin dirección"},
        ]
    )
    linking.standardise()
    assert linking.placeholders == {
        "email": 1, "phone": 1, "name": 1, "birth_date": 0, "tax_id": 1, "address": 1,
    }  # fmt: skip


def test_what_is_far_too_long_is_cut_and_breaks_nothing():
    long = "Ana " * 1250
    rows = standard(
        [
            {
                "full_name": long,
                "email": f"{long}@x.es",
                "phone": long,
                "address": long,
                "tax_id": long,
            }
        ]
    )
    assert rows[0]["given_key"] == "ana"
    assert len(rows[0]["given_full"]) <= 120
    assert rows[0]["email_key"] is None
    assert rows[0]["tax_key"] is None
