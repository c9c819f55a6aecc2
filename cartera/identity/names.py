"""Names in a form that can be compared: Spanish and English, compound, short, misfiled.

Every distinct text is worked on once: a base of a million people has some ten thousand given
names. What is displayed keeps its accents; what is compared has none.
"""

from __future__ import annotations

import duckdb

from cartera.identity import seeds

PARTICLES = ("de", "del", "la", "las", "los", "el", "y", "e", "i", "da", "do", "dos", "van", "von")
TITLES = (
    *("sr", "sra", "srta", "don", "dona", "dna", "d", "dr", "dra", "lic", "ing", "prof"),
    *("mr", "mrs", "ms", "miss", "mx", "sir"),
)
# Behind a name: which of those who bear it in one family.
GENERATIONS = {
    **dict.fromkeys(("jr", "junior", "hijo", "ii"), "second"),
    **dict.fromkeys(("sr", "senior", "padre"), "first"),
    "iii": "third",
    "iv": "fourth",
}
# As written at the front of a name or inside it.
SHORT = [
    ("fco", "francisco"),
    ("fca", "francisca"),
    ("fran co", "francisco"),
    ("ant", "antonio"),
    ("gpe", "guadalupe"),
    ("wm", "william"),
    ("chas", "charles"),
    ("jse", "jose"),
    ("mtz", "martinez"),
    ("hdez", "hernandez"),
    ("fdez", "fernandez"),
    ("rguez", "rodriguez"),
    ("rdguez", "rodriguez"),
    ("glez", "gonzalez"),
    ("gzlez", "gonzalez"),
    ("gonz", "gonzalez"),
    ("mnez", "martinez"),
    ("mtnez", "martinez"),
    ("jmnez", "jimenez"),
    ("dguez", "dominguez"),
    ("vzquez", "vazquez"),
    ("alvz", "alvarez"),
    ("gtrez", "gutierrez"),
    ("sta", "santa"),
]
ENGLISH = ("GB", "US", "IE", "AU", "NZ", "CA", "ZA")
# Two letters that no name has: JC is J. C. (but Md is short for Muhammad).
_CONSONANT = "[bcdfghjklmnpqrstvwxz]"
_TWO_INITIALS = f"^({_CONSONANT})({_CONSONANT.replace('d', '')})\\b"
# María Gil de Pérez bears her husband's name: no de stands before a surname in -ez of one's own.
_HUSBANDS = r"(?i)de +\p{L}+ez|(?:vda|viuda)[.]? +de +.+"
# No name is longer; what is was pasted there.
LONGEST = 120
_PARTICLE = "|".join(PARTICLES)


def folded(text: str) -> str:
    """``text`` without accents and case, as SQL."""
    return f"lower(strip_accents({text}))"


def _units(text: str) -> str:
    """The words of a name, each with what leads it: ``de la Cruz`` is one, ``Santa Cruz`` too."""
    return f"regexp_extract_all(trim({text}), '(?i)(?:(?:{_PARTICLE}|san|santa) +)*[^ ]+')"


# D. Antonio is don Antonio behind a title only: D. Smith has a name that begins with it.
_TITLE = f"^(?:(?:{'|'.join(t for t in TITLES if t != 'd')}|dña|doña)[.]? +)+(?:dª?[.]? +)?"
_GENERATION = f"[ ,]+({'|'.join(GENERATIONS)})[.]?$"


def whole_name() -> str:
    """What is to be split: the full name, or a field that holds all of it."""
    whole = """case
        when given_name is null and surname is null then full_name
        when surname is null and second_surname is null
            then case when starts_with(full_name, given_name) then full_name else given_name end
        when given_name is null and contains(surname, ',') then surname
    end"""
    plain = f"trim(regexp_replace(left({whole}, {LONGEST}), '[\\s\\x{{00A0}}]+', ' ', 'g'))"
    untitled = f"regexp_replace({plain}, '(?i){_TITLE}', '')"
    return f"nullif(regexp_replace({untitled}, '(?i){_GENERATION}', ''), '')"


def generation() -> str:
    """Which generation a name says that it is of, as SQL: Smith Jr. is not Smith Sr."""
    words = f"lower(left(trim(coalesce(second_surname, surname, full_name)), {LONGEST}))"
    told = seeds.sql_map(list(GENERATIONS.items()))
    return f"{told}[regexp_extract({words}, '{_GENERATION}', 1)]"


def is_english() -> str:
    """Whether the person's name has one surname at its end."""
    return (
        f"case when country is null then lower(left(language, 2)) = 'en' "
        f"else upper(country) in ({seeds.sql_list(list(ENGLISH))}) "
        f"or lower(left(coalesce(language, ''), 2)) = 'en' end"
    )


def make_split(connection: duckdb.DuckDBPyConnection, staged: str) -> None:
    """Temp table ``name_split``: whole, english → given, surnames. Needs ``staged`` with both.

    Also ``seed_nicknames`` and ``known_names`` (word → is_given, is_surname, is_compound).
    """
    _make_known(connection)
    placeholders = seeds.sql_list(seeds.words("placeholders", "name"))
    connection.execute(
        f"""
        create or replace temp table name_split as
        with names as (
            select distinct whole, english from {staged}
            where whole is not null and not contains(whole, '@')
        ),
        parted as (
            select *, {folded("whole")} in ({placeholders}) as is_placeholder,
                {_units("whole")} as units
            from names
        ),
        bared as (
            select *, len(units) as n, {_bare("units[1]")} as first, {_bare("units[2]")} as second,
                {_bare("units[-1]")} as last,
                {_bare("units[1]")} || ' ' || {_unled("units[2]")} as front,
                {_bare("units[3]")} || ' ' || {_unled("units[4]")} as back
            from parted
        ),
        counted as (
            select bared.*,
                case
                    when n = 1 then 1
                    when front.is_compound then 2
                    when len(bared.first) = 1
                        or regexp_full_match({folded("units[1]")}, 'm.?ª|ma[.]?') then 2
                    when english then n - 1
                    when second.is_surname and not second.is_given then 1
                    when n > 3 then 2
                    else 1
                end as given_count,
                -- GIL SANZ ANA, RUIZ GIL MARIA DEL CARMEN: as registers have it.
                case when first.is_surname and not first.is_given then
                    case when n between 2 and 3 and last.is_given then 1
                        when n = 4 and second.is_surname and back.is_compound then 2
                        else 0 end
                    else 0 end as given_behind
            from bared
            left join known_names first on first.word = bared.first
            left join known_names second on second.word = bared.second
            left join known_names last on last.word = bared.last
            left join known_names front on front.word = bared.front
            left join known_names back on back.word = bared.back
        )
        select whole, english,
            case when is_placeholder then whole
                when contains(whole, ',') then trim(split_part(whole, ',', 2))
                when given_behind > 0 then array_to_string(units[n - given_behind + 1:], ' ')
                else array_to_string(units[1:given_count], ' ') end as given,
            case when is_placeholder then null
                when contains(whole, ',') then trim(split_part(whole, ',', 1))
                when given_behind > 0 then array_to_string(units[:n - given_behind], ' ')
                else nullif(array_to_string(units[given_count + 1:], ' '), '') end as surnames
        from counted
        """
    )


def _make_known(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``known_names``; whoever stands there and is no surname may be called that."""
    seeds.make_table(connection, "names", "kind", "name")
    seeds.make_table(connection, "nicknames", "nickname", "name")
    connection.execute(
        """
        create or replace temp table known_names as
        select name as word, bool_or(kind = 'given') as is_given,
            bool_or(kind = 'surname') as is_surname, bool_or(kind = 'compound') as is_compound
        from (from seed_names union all select 'compound', nickname from seed_nicknames)
        group by name
        """
    )


def _unled(word: str) -> str:
    """One word without the particles before it: María *del* Carmen is María Carmen."""
    return _bare(f"regexp_replace({word}, '(?i)^(?:(?:{_PARTICLE}) +)+', '')")


def _bare(word: str) -> str:
    """One word of a name, letters only."""
    return f"regexp_replace({folded(word)}, '[^\\p{{L}}]', '', 'g')"


def misfiled(names: str) -> str:
    """``names`` with ``is_misfiled``: ``given`` is a surname and ``surnames`` begins with a name.

    Needs the temp table ``known_names`` of ``make_split``.
    """
    first, second = _bare("split_part(given, ' ', 1)"), _bare("split_part(surnames, ' ', 1)")
    return f"""
        select there.*, coalesce(first.is_surname and not first.is_given
            and second.is_given and not second.is_surname, false) as is_misfiled
        from {names} as there
        left join known_names first on first.word = {first}
        left join known_names second on second.word = {second}
    """


def _word_steps(column: str, table: str) -> str:
    """CTEs that end in ``worded``: ``column`` and its words, folded and written out, as a list.

    Titles and particles are left out where something else remains. One step per CTE: an
    expression that is named twice would be computed twice.
    """
    plain = folded(f"left({column}, {LONGEST})")
    plain = f"regexp_replace({plain}, '\\bm[.]?ª|^ma[. ]+', 'maria ', 'g')"
    if column == "given":
        plain = f"regexp_replace({plain}, '{_TWO_INITIALS}', '\\1 \\2')"
    plain = f"regexp_replace({plain}, '[''\\x{{2019}}\\x{{00B4}}\\x{{60}}]', '', 'g')"
    short = seeds.sql_list([word for word, _ in SHORT])
    dropped = seeds.sql_list([*TITLES, *GENERATIONS, *PARTICLES])
    return f"""
        texts as materialized (
            select {column}, trim(regexp_replace({plain}, '[^\\p{{L}}]+', ' ', 'g')) as text
            from (select distinct {column} from {table} where {column} is not null)
        ),
        split as materialized (select {column}, string_split(text, ' ') as words from texts),
        written_out as materialized (
            select {column}, case when list_has_any(words, [{short}]) then
                list_transform(words, lambda word: coalesce({seeds.sql_map(SHORT)}[word], word))
                else words end as words
            from split
        ),
        bared as materialized (
            select {column}, words, case when list_has_any(words, [{dropped}])
                then list_filter(words, lambda word: word not in ({dropped})) else words end as bare
            from written_out
        ),
        worded as materialized (
            select {column}, case when len(bare) > 0 then bare else words end as words from bared
        )
    """


def make_given_forms(connection: duckdb.DuckDBPyConnection, named: str) -> None:
    """Temp table ``given_forms``: given → how it can be compared. Needs ``make_split``'s lists.

    given_key (first word), given_last, given_full (all words), given_roots (the names that it
    may stand for), given_parts (its words, if several), given_bits (which of 62 kinds these are:
    where no kind is the same, no name is), given_initials, given_has_initial, given_known (a name
    that is no slip of another). Names are separated by ``|``: a list is dear to join.
    """
    placeholders = seeds.sql_list(seeds.words("placeholders", "name"))
    known = "select word from known_names where is_given or is_compound"
    connection.execute(
        f"""
        create or replace temp table given_forms as
        with {_word_steps("given", named)},
        joined as materialized (
            select given, words, array_to_string(words, ' ') as given_full from worded
        ),
        kept as materialized (
            select * from joined where given_full <> '' and given_full not in ({placeholders})
        ),
        named as (
            select nickname, list(name order by name) as names from seed_nicknames group by nickname
        ),
        meant as materialized (
            select kept.*,
                list_sort(list_distinct(
                    [given_full, array_to_string(words, '')]
                    || coalesce(whole.names, [])
                    || case when len(words) > 1 then list_transform(coalesce(front.names, []),
                        lambda name: name || ' ' || array_to_string(words[2:], ' ')) else [] end
                )) as roots,
                case when len(words) > 1 then list_sort(list_distinct(
                    [words[1], words[-1]] || coalesce(front.names, [])
                )) else [] end as parts
            from kept
            left join named whole on whole.nickname = given_full
            left join named front on front.nickname = words[1] and len(words) > 1
        )
        select
            given,
            words[1] as given_key,
            words[-1] as given_last,
            given_full,
            array_to_string(roots, '|') as given_roots,
            array_to_string(parts, '|') as given_parts,
            list_bit_or(list_transform(roots || parts,
                lambda name: 1::bigint << (hash(name) % 62)::bigint)) as given_bits,
            array_to_string(list_transform(words, lambda word: word[1]), '') as given_initials,
            list_bool_or(list_transform(words, lambda word: length(word) = 1)) as given_has_initial,
            given_full in ({known}) or (len(words) > 1 and words[1] in ({known})) as given_known
        from meant
        """
    )


def make_surname_forms(connection: duckdb.DuckDBPyConnection, named: str) -> None:
    """Temp table ``surname_forms``: surnames → surname_1, surname_2 as written, and keys."""
    placeholders = seeds.sql_list(seeds.words("placeholders", "name"))
    first = f"list_extract({_units('surnames')}, 1)"
    connection.execute(
        f"""
        create or replace temp table surname_forms as
        with {_word_steps("surnames", named)},
        first as materialized (
            select surnames, words,
                case when contains(surnames, '-') and not contains(surnames, ' ')
                    then surnames else {first} end as surname_1
            from worded
        )
        select
            surnames,
            surname_1,
            nullif(trim(substr(surnames, length(surname_1) + 1)), '') as surname_2,
            nullif(words[1], '') as surname_key,
            case when not coalesce(regexp_full_match(
                trim(substr(surnames, length(surname_1) + 1)), '{_HUSBANDS}'
            ), false) then nullif(words[2], '') end as second_surname_key
        from first
        where array_to_string(words, ' ') not in ({placeholders})
        """
    )
