"""What identifies a patient, in one form however it is written, and the proof that somebody knows it.

A person types or scans what a wristband says; the case has what a DICOM file says. Neither crosses the wire: a proof
does, SHA-256 over a salt of the case, the kind and the canonical form. The page makes proofs by the same rules
(`headset_client/src/console/identifying.ts`); tests/wire/identity.json holds both to them.

Letters are compared by NFKC and by case, without the marks people leave out (Unicode Standard Annex 15 and its
combining blocks). A letter with marks is written in two ways without them (Müller: MUELLER, MULLER), so a name has up
to two forms, and names match where one form of each is the same: Müller matches both, MUELLER does not match MULLER.
"""

import hashlib
import re
import unicodedata
from datetime import date
from enum import StrEnum


class IdentifierKind(StrEnum):
    """What identifies a patient, of what wristbands and DICOM files both have."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    PATIENT_ID = "patient_id"


class DateFault(StrEnum):
    """Why a text is not taken for a day."""

    NO_DATE = "no_date"
    SHORT_YEAR = "short_year"
    AMBIGUOUS = "ambiguous"


FIRST_YEAR, LAST_YEAR = 1850, 2199

_OPTIONAL_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
"""Combining marks of Latin, Greek, Cyrillic, Hebrew and Arabic. Those of other scripts are letters of their own."""
_JOINERS = re.compile("['\u2018\u2019\u02bc\u02bb`\u00b4\uff07\u0640\u00ad\u200b-\u200f\u2060\ufeff]")
"""Apostrophes, the Arabic stretching stroke and invisible characters: left out, with no gap between words."""
_EXPANDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_PLAIN = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "ŋ": "n",
    }
    | {"\u0649": "\u064a", "\u0629": "\u0647"}
)
"""Letters that no normal form takes apart, and two Arabic ones that are written either way."""
_DIGIT_ZEROS = (0x0660, 0x06F0, 0x0966)
_DIGITS = {zero + n: str(n) for zero in _DIGIT_ZEROS for n in range(10)}
_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_UNSPACED = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
"""Han, kana and hangul: names are written with or without a blank in them."""
_DASHES_AND_BLANKS = re.compile("[\\s\\x00-\\x1f\\x7f-\\x9f\\-\u00ad\u2010-\u2015\u2212\u200b-\u200f\u2060\ufeff]")

_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january januar janner jaenner",
            "feb february februar",
            "mar march marz maerz mrz",
            "apr april",
            "may mai",
            "jun june juni",
            "jul july juli",
            "aug august",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december dez dezember",
        ),
        start=1,
    )
    for word in words.split()
}
_NO_MONTHS = frozenset({"st", "nd", "rd", "th", "of", "年", "月", "日"})
_DAY_FIRST = frozenset({"de", "en-au", "en-gb", "en-ie", "en-in", "en-nz", "en-za", "es", "fr", "it", "nl", "pl", "pt"})
_MONTH_FIRST = frozenset({"en-us"})
"""Languages, or those of one country: English alone does not say which."""


def typed_names(text: str) -> tuple[str, ...]:
    """Return the forms of a name as a person writes it: one or two, none where nothing of it is a letter or digit."""
    forms = (_joined(_words(_compared(text, expanded=expanded))) for expanded in (True, False))
    return tuple(dict.fromkeys(filter(None, forms)))


def recorded_names(text: str) -> frozenset[str]:
    """Return every form a person may write of a DICOM name: of each of its groups, with and without what is left out.

    A group is alphabetic, ideographic or phonetic; its components are family name, given name, middle name, prefix and
    suffix (PS3.5 section 6.2.1). A wristband may have no middle name, and no prefix or suffix.
    """
    forms: set[str] = set()
    for group in text.split("="):
        components = group.split("^")
        for count in {2, 3, len(components)}:
            forms.update(typed_names(" ".join(components[:count])))
    return frozenset(forms)


def identifier_form(text: str) -> str:
    """Return the form of a patient's number: no blanks, no hyphens, either case; empty where nothing is left."""
    normal = unicodedata.normalize("NFKC", _DASHES_AND_BLANKS.sub("", text)).translate(_DIGITS)
    return _DASHES_AND_BLANKS.sub("", _folded(normal))


def date_form(text: str, *, language: str = "") -> str | DateFault:
    """Return a day as eight digits (year, month, day), or why the text is not taken for one.

    Day and month are told apart by their numbers, by a month's name (English, German), by the year's place, and by
    dots, which stand after days; else by the language, and never by guessing.

    Args:
        text: of the day.
        language: of the page (BCP 47), empty where nobody knows.
    """
    plain = _compared(text, expanded=False)
    tokens = [token for token in re.findall(r"[0-9]+|[^\W\d_]+", plain) if token not in _NO_MONTHS]
    numbers = [token for token in tokens if token.isdigit()]
    words = [token for token in tokens if not token.isdigit()]
    if len(words) == 1 and len(numbers) == 2:
        return _with_month(_MONTHS.get(words[0]), numbers)
    if words:
        return DateFault.NO_DATE
    if len(numbers) == 1 and len(numbers[0]) == 8:
        (all_of_it,) = numbers
        if int(all_of_it[4:]) < FIRST_YEAR:
            return _day(all_of_it[:4], all_of_it[4:6], all_of_it[6:])
        numbers = [all_of_it[:2], all_of_it[2:4], all_of_it[4:]]
    if len(numbers) != 3:
        return DateFault.NO_DATE
    first, second, third = numbers
    if len(first) == 4:
        return _day(*numbers)
    if len(third) != 4:
        return DateFault.SHORT_YEAR
    order = "day" if "." in plain else _first_of(language)
    if int(first) > 12 or int(first) == int(second):
        order = "day"
    elif int(second) > 12:
        order = "month"
    match order:
        case "day":
            return _day(third, second, first)
        case "month":
            return _day(third, first, second)
        case _:
            return DateFault.AMBIGUOUS


def proof_of(kind: IdentifierKind, form: str, *, salt: str) -> str:
    """Return the proof (64 hex digits) that somebody knows an identifier of this form."""
    return hashlib.sha256(f"{salt}\n{kind.value}\n{form}".encode()).hexdigest()


def typed_proofs(kind: IdentifierKind, text: str, *, salt: str, language: str = "") -> tuple[str, ...]:
    """Return the proofs of what a person writes: as many as it has forms, none where it is unusable."""
    match kind:
        case IdentifierKind.NAME:
            forms = typed_names(text)
        case IdentifierKind.BIRTH_DATE:
            day = date_form(text, language=language)
            forms = () if isinstance(day, DateFault) else (day,)
        case IdentifierKind.PATIENT_ID:
            forms = tuple(filter(None, (identifier_form(text),)))
    return tuple(proof_of(kind, form, salt=salt) for form in forms)


def recorded_proofs(kind: IdentifierKind, text: str, *, salt: str) -> frozenset[str]:
    """Return every proof that matches what a DICOM file says; none where it is unusable."""
    if kind is IdentifierKind.NAME:
        return frozenset(proof_of(kind, form, salt=salt) for form in recorded_names(text))
    return frozenset(typed_proofs(kind, text, salt=salt))


def _compared(text: str, *, expanded: bool) -> str:
    """Return the letters that are compared: no case, no marks people leave out; `expanded` writes ae for an ä."""
    folded = _folded(unicodedata.normalize("NFKC", _JOINERS.sub("", text)))
    if expanded:
        folded = unicodedata.normalize("NFC", folded).translate(_EXPANDED)
    bare = unicodedata.normalize("NFC", _OPTIONAL_MARKS.sub("", unicodedata.normalize("NFKD", folded)))
    return bare.translate(_PLAIN).translate(_DIGITS).translate(_KATAKANA)


def _folded(text: str) -> str:
    """Return a text without its case, letter by letter: what JavaScript can do alike (a final sigma is a sigma)."""
    upper = "".join(letter.upper() for letter in text)
    return "".join(letter.lower() for letter in upper)


def _words(text: str) -> list[str]:
    """Return the runs of letters, their marks, and digits."""
    return "".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in text).split()


def _joined(words: list[str]) -> str:
    if all(_UNSPACED.fullmatch(word) for word in words):
        return "".join(words)
    return " ".join(sorted(words))


def _first_of(language: str) -> str:
    tag = language.lower()
    if tag in _MONTH_FIRST:
        return "month"
    return "day" if tag in _DAY_FIRST or tag.split("-")[0] in _DAY_FIRST else ""


def _with_month(month: int | None, numbers: list[str]) -> str | DateFault:
    years = [number for number in numbers if len(number) == 4]
    if month is None:
        return DateFault.NO_DATE
    if len(years) != 1:
        return DateFault.SHORT_YEAR
    (day,) = (number for number in numbers if len(number) != 4)
    return _day(years[0], str(month), day)


def _day(year: str, month: str, day: str) -> str | DateFault:
    if len(month) > 2 or len(day) > 2 or not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return DateFault.NO_DATE
    try:
        return date(int(year), int(month), int(day)).strftime("%Y%m%d")
    except ValueError:
        return DateFault.NO_DATE
