"""How a setting is declared, and what a declaration is good for: checking a value, naming its type, writing it. Pure.

Knows nothing of which settings there are; that is settings.py. A bad entry never raises: it becomes a `Problem` with a
sentence for the user, and the default stands.
"""

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

Table = TypeVar("Table")


def setting(
    default: Any,
    help_text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    most: int | None = None,
    longest: int | None = None,
) -> Any:
    """Declare one setting: its default, the sentence that explains it, the limits of a number (`low`, `high`), of the
    length of a list (`most`), and of a text or of each text in a list (`longest`)."""
    metadata = {"help": help_text, "low": low, "high": high, "most": most, "longest": longest}
    return field(default=default, metadata=metadata)


class Pairs(tuple[tuple[str, str], ...]):
    """A setting that is a table of the user's own names: each with a text."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """An entry that cannot be used; `setting` is its name, the sentence says what is wrong and what to do."""

    setting: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def read_table(defaults: Table, table: Mapping[str, object], prefix: str, problems: list[Problem]) -> Table:
    """`defaults`, a declared dataclass, with the good entries of `table` in it."""
    entries = {entry.name: entry for entry in fields(defaults)}  # type: ignore[arg-type]  # a dataclass by contract
    good: dict[str, object] = {}
    for name, value in table.items():
        full_name = prefix + name
        try:
            if name not in entries:
                hint = did_you_mean(name, entries, prefix + "{}")
                raise _BadEntryError(f"There is no setting '{full_name}'.{hint}")
            row = row_type(entries[name])
            if row:
                good[name] = tuple(_read_rows(row, value, full_name, problems))
            else:
                good[name] = _checked(entries[name], value, full_name)
        except _BadEntryError as bad:
            problems.append(Problem(full_name, str(bad)))
    return replace(defaults, **good)  # type: ignore[type-var]  # a dataclass by contract


def did_you_mean(wrong: str, known: Iterable[str], pattern: str = "{}") -> str:
    """ " Did you mean ...?", or nothing if nothing is near."""
    from difflib import get_close_matches  # only a typo needs it

    near = get_close_matches(wrong.lower(), list(known), n=1)
    return f" Did you mean '{pattern.format(near[0])}'?" if near else ""


def takes_only_text(entry: "Field[Any]") -> bool:
    return all(isinstance(choice, str) or choice is str for choice in _alternatives(entry))


def row_type(entry: "Field[Any]") -> type | None:
    """The dataclass of the rows, if the setting is a list of tables."""
    row = get_args(entry.type)[:1]
    return row[0] if row and is_dataclass(row[0]) and isinstance(row[0], type) else None


def kind(entry: "Field[Any]") -> str:
    """What a value may be, in a few words: `hold, toggle or auto`, `a whole number from 0 to 2000`."""
    if row_type(entry):
        return "tables"
    names = [str(a) if isinstance(a, str) else _TYPE_NAMES[a] for a in _alternatives(entry) if a != ""]
    low, high = entry.metadata["low"], entry.metadata["high"]
    limits = "" if low is None else f" from {low} to {high}"
    return _listed(names) + limits


def as_toml(value: object) -> str:
    """A value as it would stand in a settings file."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{"".join(map(_escaped, value))}"'
        case Pairs():
            return f"{{{', '.join(f'{as_toml(name)} = {as_toml(text)}' for name, text in value)}}}"
        case tuple() | list():
            return f"[{', '.join(map(as_toml, value))}]"
        case _ if is_dataclass(value):
            given = ((entry, getattr(value, entry.name)) for entry in fields(value))
            return f"{{{', '.join(f'{e.name} = {as_toml(v)}' for e, v in given if v != e.default)}}}"
        case _:
            return str(value)


_TYPE_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple: "a list of texts",
    Pairs: "a table of texts",
}


class _BadEntryError(Exception):
    """The sentence that says why an entry cannot be used."""


def _alternatives(entry: "Field[Any]") -> tuple[Any, ...]:
    """What a value may be: types, and for a choice the texts themselves."""
    parts = get_args(entry.type) if get_origin(entry.type) in (UnionType, Union) else (entry.type,)
    return tuple(
        alternative
        for part in parts
        for alternative in (get_args(part) if get_origin(part) is Literal else (get_origin(part) or part,))
    )


def _checked(entry: "Field[Any]", value: object, full_name: str) -> object:
    """The value, as the type that was declared."""
    alternatives = _alternatives(entry)
    if isinstance(value, str) and value in alternatives:
        return value
    if isinstance(value, list) and tuple in alternatives:
        return _checked_list(entry, value, full_name)
    if isinstance(value, Mapping) and Pairs in alternatives:
        return _checked_pairs(entry, value, full_name)
    given = float if type(value) is int and float in alternatives else type(value)
    if given not in alternatives:  # not isinstance: true is no number
        raise _BadEntryError(f"{full_name} must be {kind(entry)}, not {_shown(value)}.")
    low, high, longest = (entry.metadata[limit] for limit in ("low", "high", "longest"))
    if isinstance(value, int | float) and low is not None and not low <= value <= high:
        raise _BadEntryError(f"{full_name} must be between {low} and {high}, not {_shown(value)}.")
    if isinstance(value, str) and longest is not None and len(value) > longest:
        raise _BadEntryError(f"{full_name} must be at most {longest} characters long, not {len(value)}.")
    return float(value) if given is float and isinstance(value, int) else value


def _checked_list(entry: "Field[Any]", value: list[object], full_name: str) -> tuple[str, ...]:
    most, longest = entry.metadata["most"], entry.metadata["longest"]
    texts: list[str] = []
    for text in value:
        if not isinstance(text, str) or not text.strip():
            raise _BadEntryError(f"{full_name} must be {kind(entry)}, so {_shown(text)} cannot stand in it.")
        if longest is not None and len(text) > longest:
            raise _BadEntryError(
                f"{full_name} has an entry of {len(text)} characters ({_shown(text)}); {longest} are the most."
            )
        texts.append(text)
    if most is not None and len(texts) > most:
        raise _BadEntryError(f"{full_name} has {len(texts)} entries; {most} are the most.")
    return tuple(texts)


def _checked_pairs(entry: "Field[Any]", value: Mapping[str, object], full_name: str) -> Pairs:
    pairs = []
    for name, text in value.items():
        if not isinstance(text, str):
            raise _BadEntryError(f"{full_name} must be {kind(entry)}, so {_shown(text)} cannot stand in it.")
        if not name.strip():
            raise _BadEntryError(f"{full_name} has an entry without a name: remove it.")
        pairs.append((name, text))
    if len(pairs) > entry.metadata["most"]:
        raise _BadEntryError(f"{full_name} has {len(pairs)} entries; {entry.metadata['most']} are the most.")
    return Pairs(pairs)


def _read_rows(row: type, value: object, full_name: str, problems: list[Problem]) -> Iterable[object]:
    """`[[section.name]]`: each table on its own, so that one bad entry does not take the others with it."""
    if not isinstance(value, list) or not all(isinstance(table, Mapping) for table in value):
        raise _BadEntryError(f"{full_name} must be tables that each begin with [[{full_name}]], not {_shown(value)}.")
    for number, table in enumerate(value, 1):
        yield read_table(row(), table, f"{full_name}[{number}].", problems)


def _shown(value: object) -> str:
    """A value in a sentence, short and on one line."""
    text = repr(value) if isinstance(value, str) else as_toml(value)
    return text if len(text) <= 40 else text[:36] + " ..."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _escaped(character: str) -> str:
    match character:
        case '"' | "\\":
            return "\\" + character
        case "\n":
            return "\\n"
        case "\t":
            return "\\t"
        case _ if ord(character) < 32 or ord(character) == 127:
            return f"\\u{ord(character):04x}"
        case _:
            return character
