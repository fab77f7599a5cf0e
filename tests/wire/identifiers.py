"""What people write and what it is compared as, by hand: the truth both languages are held to."""

from typing import Any

TYPED_NAMES: dict[str, list[str]] = {
    "Jörg Müller": ["joerg mueller", "jorg muller"],
    "  müller,  JÖRG ": ["joerg mueller", "jorg muller"],
    "Mu\u0308ller Jo\u0308rg": ["joerg mueller", "jorg muller"],
    "MUELLER^JOERG": ["joerg mueller"],
    "Mueller Joerg": ["joerg mueller"],
    "Strauß, Änne": ["aenne strauss", "anne strauss"],
    "STRAUSS^AENNE": ["aenne strauss"],
    "STRAẞ": ["strass"],
    "Siobhán O’Brien": ["obrien siobhan"],
    "O'BRIEN^SIOBHAN": ["obrien siobhan"],
    "O´Brien": ["obrien"],
    "Müller-Lüdenscheidt": ["luedenscheidt mueller", "ludenscheidt muller"],
    "Søren Kjærgård": ["kjaergaard soeren", "kjaergard soren"],
    "Łukasz Żółć": ["lukasz zolc"],
    "Işık Yılmaz": ["isik yilmaz"],
    "İPEK YILMAZ": ["ipek yilmaz"],
    "Γιώργος": ["γιωργοσ"],
    "ΓΙΩΡΓΟΣ": ["γιωργοσ"],
    "Артём Соловьёв": ["артем соловьев"],
    "مُحَمَّد أحمد": ["احمد محمد"],
    "محمد احمد": ["احمد محمد"],
    "فاطمة مـــصطفى": ["فاطمه مصطفي"],
    "שָׁלוֹם": ["שלום"],
    "山田 太郎": ["山田太郎"],
    "山田太郎": ["山田太郎"],
    "ﾔﾏﾀﾞ ﾀﾛｳ": ["やまだたろう"],
    "やまだ たろう": ["やまだたろう"],
    "김 철수": ["김철수"],
    "राम शर्मा": ["राम शर्मा"],
    "रमा शर्मा": ["रमा शर्मा"],
    "สมชาย ใจดี": ["สมชาย ใจดี"],
    "Nguyễn Văn Đức": ["duc nguyen van"],
    "Ｍｕ\u0308ｌｌｅｒ": ["mueller", "muller"],
    "Anne\u200bMarie": ["annemarie"],
    "Bauer": ["bauer"],
    "Baur": ["baur"],
    "𝓜ax": ["max"],
    " -,. ": [],
    "": [],
}
"""A name as it is written, and its forms, the one with letters for marks first."""

PATIENT_IDS: dict[str, str] = {
    "12345678": "12345678",
    "1234-5678": "12345678",
    " 1234 5678\r": "12345678",
    "1234\u20135678": "12345678",
    "ab 12/c": "ab12/c",
    "AB12/C": "ab12/c",
    "\u001d00123": "00123",
    "123": "123",
    "١٢٣": "123",
    "１２３": "123",
    " - ": "",
}

DATES: list[tuple[str, str, str]] = [
    ("1961-04-02", "", "19610402"),
    ("19610402", "", "19610402"),
    ("1961.04.02", "", "19610402"),
    ("1961/4/2", "", "19610402"),
    ("1961年4月2日", "", "19610402"),
    ("02.04.1961", "", "19610402"),
    ("2. 4. 1961", "en-US", "19610402"),
    ("02.04.1961", "en", "19610402"),
    ("2. April 1961", "", "19610402"),
    ("2nd of Apr 1961", "", "19610402"),
    ("02-APR-1961", "", "19610402"),
    ("April 2, 1961", "", "19610402"),
    ("1961 Apr 2", "", "19610402"),
    ("3. März 1961", "", "19610303"),
    ("3. Maerz 1961", "", "19610303"),
    ("1. Jänner 1970", "de", "19700101"),
    ("24/12/1961", "", "19611224"),
    ("12/24/1961", "", "19611224"),
    ("12/24/1961", "de", "19611224"),
    ("4/4/1961", "", "19610404"),
    ("04/4/1961", "en", "19610404"),
    ("2/4/1961", "", "ambiguous"),
    ("2/4/1961", "en", "ambiguous"),
    ("02-04-1961", "en", "ambiguous"),
    ("2/4/1961", "en-CA", "ambiguous"),
    ("2/4/1961", "de", "19610402"),
    ("2/4/1961", "de-AT", "19610402"),
    ("2/4/1961", "en-GB", "19610402"),
    ("2/4/1961", "en-US", "19610204"),
    ("02041961", "", "ambiguous"),
    ("02041961", "de", "19610402"),
    ("24121961", "", "19611224"),
    ("٢٤/١٢/١٩٦١", "", "19611224"),
    ("02.04.61", "de", "short_year"),
    ("2 Apr 61", "", "short_year"),
    ("1961", "", "no_date"),
    ("19610000", "", "no_date"),
    ("31.02.1961", "", "no_date"),
    ("29.02.1961", "", "no_date"),
    ("29.02.1960", "", "19600229"),
    ("2504-04-02", "", "no_date"),
    ("Mueller", "", "no_date"),
    ("2 Foo 1961", "", "no_date"),
    ("2 Apr 3 1961", "", "no_date"),
    ("", "", "no_date"),
]
"""A day as it is written, the language of the page, and what it is: eight digits, or why it is none."""

SALT = "5a17" * 8
PROOFS: list[tuple[str, str, str]] = [
    # printf '%s\n%s\n%s' SALT KIND FORM | sha256sum
    ("name", "joerg mueller", "8d3e702c591a183e8330dd13d442776d612cd2d5d63a7825a888640b6b0d4a54"),
    ("birth_date", "19610402", "baa75b6d3b3fd4e95aab9efd542efd9622293ad6e2faaeadd51a1f82de7a4649"),
    ("patient_id", "12345678", "b27a18e479e87fa9092614ec9319ee97705f104ec3fbe5591ea9fec6b81267a0"),
    ("name", "山田太郎", "b4649e20f8c7b4534d2d991d1820f497adf45857cd852b22ce9ceb43ff4c1501"),
]


def document() -> dict[str, Any]:
    """Return the vectors as plain values."""
    return {
        "salt": SALT,
        "names": [{"typed": typed, "forms": forms} for typed, forms in TYPED_NAMES.items()],
        "patient_ids": [{"typed": typed, "form": form} for typed, form in PATIENT_IDS.items()],
        "dates": [{"typed": typed, "language": language, "day": day} for typed, language, day in DATES],
        "proofs": [{"kind": kind, "form": form, "proof": proof} for kind, form, proof in PROOFS],
    }
