"""The words of a label's name, whatever the language or habit of who wrote it, as one key.

A name is cut into words, each word turned into the one English word used here, the side taken out, and what is
left looked up without regard to its order: "Arteria iliaca int. sin.", "LeftInternalIliacArtery" and
"internal_iliac_artery_l" all end as `internal_iliac_artery` and `left`. Left and right are only ever read, never
inferred; a name that holds both has no side.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEFT, RIGHT = "left", "right"

_LEFT_WORDS = frozenset({"left", "lt", "links", "linke", "linker", "linkes", "sinister", "sinistra", "sinistrum"})
_RIGHT_WORDS = frozenset({"right", "rt", "rechts", "rechte", "rechter", "rechtes", "dexter", "dextra", "dextrum"})
_SHORT_SIDES = {"l": LEFT, "li": LEFT, "sin": LEFT, "r": RIGHT, "re": RIGHT, "dex": RIGHT, "dx": RIGHT, "dext": RIGHT}
"""Read as a side only at either end of a name."""

_WORDS_OF = {
    "artery": "arteria arterie arterien arteriae arteries art arterial",
    "vein": "vena vene venen venae veins ven venous",
    "nerve": "nervus nerv nerven nerves nervi",
    "root": "roots wurzel wurzeln radix nervenwurzel nervenwurzeln",
    "muscle": "musculus muskel muscles",
    "bone": "os ossis knochen bones ossa",
    "ligament": "ligamentum ligaments band lig",
    "vertebra": "vertebrae vertebral wirbel wirbelkoerper wirbelkorper wk",
    "rib": "ribs rippe rippen costa costae",
    "disc": "disk discs disks discus bandscheibe bandscheiben",
    "common": "communis commune gemeinsame",
    "internal": "interna internus internum int innere",
    "external": "externa externus externum ext aussere aeussere",
    "iliac": "iliaca iliacus iliacae iliaco",
    "gluteal": "glutea glutealis glutaea",
    "superior": "superioris obere oberer cranialis sup",
    "inferior": "inferioris untere unterer caudalis inf",
    "median": "mediana medianus middle",
    "sacral": "sacralis sacrale sacralia sakral sakrale",
    "lumbar": "lumbalis lumbale lendenwirbel",
    "femoral": "femoralis",
    "obturator": "obturatorius obturatoria",
    "pudendal": "pudendus pudenda",
    "sciatic": "ischiadicus ischiadic ischias ischiasnerv",
    "tumour": "tumor tumors tumours tumoren tu neoplasm neoplasma geschwulst lesion laesion lasion gtv "
    "chordoma chordom mass raumforderung",
    "sacrum": "kreuzbein sakrum",
    "coccyx": "steissbein coccygis coccygeal",
    "hip": "huftbein hueftbein huftknochen hueftknochen beckenknochen coxae coxa hipbone innominate innominatum "
    "hemipelvis",
    "ilium": "darmbein ilii",
    "ischium": "sitzbein ischii",
    "pubis": "schambein pubic",
    "femur": "femura oberschenkelknochen oberschenkel femoris thighbone",
    "skin": "haut cutis body koerper korper",
    "bladder": "harnblase vesica blase",
    "rectum": "mastdarm enddarm rektum",
    "colon": "dickdarm kolon",
    "sigmoid": "sigma sigmoideum",
    "bowel": "intestine darm intestinum",
    "small": "dunn duenn tenue",
    "small_bowel": "dunndarm duenndarm",
    "kidney": "niere nieren ren kidneys",
    "liver": "leber hepar",
    "spleen": "milz lien splen",
    "stomach": "magen gaster",
    "pancreas": "bauchspeicheldruse bauchspeicheldruese pankreas",
    "gallbladder": "gallenblase",
    "adrenal": "nebenniere suprarenal",
    "prostate": "prostata",
    "uterus": "gebarmutter gebaermutter",
    "vagina": "scheide",
    "ovary": "eierstock ovarium ovar",
    "ureter": "harnleiter ureters",
    "urethra": "harnrohre harnroehre",
    "heart": "herz cor",
    "lung": "lunge pulmo lungs",
    "trachea": "luftrohre luftroehre",
    "esophagus": "oesophagus speiserohre speiseroehre osophagus",
    "thyroid": "schilddruse schilddruese",
    "brain": "gehirn cerebrum",
    "skull": "schadel schaedel cranium",
    "sternum": "brustbein",
    "scapula": "schulterblatt",
    "clavicle": "clavicula schlusselbein schluesselbein clavicles",
    "humerus": "oberarmknochen",
    "cord": "mark medulla",
    "spinal_cord": "ruckenmark rueckenmark myelon spinalcord",
    "dural_sac": "duralsack durasack thecalsac",
    "sac": "sack saccus",
    "dural": "thecal durae",
    "aorta": "bauchaorta",
    "cava": "hohlvene",
    "plexus": "geflecht",
    "piriformis": "pyriformis piriform",
    "iliopsoas": "ileopsoas",
    "gluteus": "glutaeus glutaus gesassmuskel gesaessmuskel",
    "maximus": "grosser groesster grosster",
    "medius": "mittlerer",
    "minimus": "kleiner kleinster",
    "autochthon": "autochthonous autochthone",
    "screw": "screws schraube schrauben",
    "implant": "implants implantat implantate prosthesis prothese hardware metalwork osteosynthesis",
    "rod": "rods stab stabe staebe",
    "plate": "plates platte platten",
    "sacrotuberous": "sacrotuberale sacrotuberal",
    "sacrospinous": "sacrospinale sacrospinal",
    "sacroiliac": "sacroiliaca sacroiliacum iliosakral iliosacral si",
}
_WORD_OF = {foreign: word for word, spellings in _WORDS_OF.items() for foreign in spellings.split()}

_FIRST_WORDS = {"a": "artery", "v": "vein", "n": "nerve", "m": "muscle", "aa": "artery", "vv": "vein", "nn": "nerve"}
"""Anatomists' abbreviations; only at the head of a name, for "lesion A" is no artery."""

_NOISE = frozenset({"the", "of", "and", "der", "die", "das", "des", "und", "structure", "entire", "whole", "bone"}) | {
    *("muscle", "organ", "gland", "segment", "segmentation", "seg", "label", "mask", "model", "manual", "final", "new"),
    *("auto", "mesh", "surface", "smooth", "smoothed", "full", "headset", "preview"),
}
"""Words that do not change what a name means."""

_LEVEL = re.compile(r"^(th|[ctdls])(\d{1,2})(l|r|li|re)?$")
_GERMAN_LEVEL = re.compile(r"^([hbls])wk?(\d{1,2})$")
_GERMAN_REGIONS = {"h": "c", "b": "t", "l": "l", "s": "s"}
_LAST_LEVEL = {"c": 7, "t": 12, "l": 5, "s": 5}


@dataclass(frozen=True, kw_only=True)
class Spelled:
    """A label's name in our words.

    Attributes:
        words: the words in their order, without side, levels and numbers.
        levels: spinal levels named, "l5".
        numbers: whole numbers that stand alone.
        side: "left", "right" or empty.
        rest: all words as they were written, the side left out.
    """

    words: tuple[str, ...]
    levels: tuple[str, ...]
    numbers: tuple[int, ...]
    side: str
    rest: tuple[str, ...]


def gist(words: Iterable[str]) -> frozenset[str]:
    """Return the words that carry the meaning, without regard to order."""
    phrase = frozenset(words)
    return phrase - _NOISE or phrase


def spelled(name: str) -> Spelled:
    """Return the words of a label's name."""
    side, rest = _side_apart(_cut(name))
    levels: list[str] = []
    numbers: list[int] = []
    words: list[str] = []
    for n, word in enumerate(_levels_joined(rest)):
        level, side_of_level = _level(word)
        ordinal = re.fullmatch(r"(\d{1,3})(?:st|nd|rd|th|te)?", word)
        if level:
            levels.append(level)
            side = side or side_of_level
            if _GERMAN_LEVEL.match(word):
                words.append("vertebra")
        elif ordinal:
            numbers.append(int(ordinal.group(1)))
        elif n == 0 and len(rest) > 1 and word in _FIRST_WORDS:
            words.append(_FIRST_WORDS[word])
        else:
            words += _WORD_OF.get(word, word).split("_")
    return Spelled(words=tuple(words), levels=tuple(levels), numbers=tuple(numbers), side=side, rest=tuple(rest))


def _cut(name: str) -> list[str]:
    """Return the words of a name in plain small letters; camelCase is cut, accents are dropped."""
    text = unicodedata.normalize("NFKD", name.replace("\N{LATIN SMALL LETTER SHARP S}", "ss"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=\d)(?=[A-Z][a-z])", " ", text)
    return [word for word in re.split(r"[^a-z0-9]+", text.lower()) if word]


def _side_apart(words: list[str]) -> tuple[str, list[str]]:
    """Return the side and the other words. Words for both sides, or the same side at odds, are no side."""
    named = {LEFT for word in words if word in _LEFT_WORDS} | {RIGHT for word in words if word in _RIGHT_WORDS}
    if len(named) == 2:
        return "", words
    if named:
        return named.pop(), [word for word in words if word not in _LEFT_WORDS | _RIGHT_WORDS]
    if len(words) > 1 and words[-1] in _SHORT_SIDES:
        return _SHORT_SIDES[words[-1]], words[:-1]
    # "L hip" is a side, "L 5" a vertebra.
    if len(words) > 1 and words[0] in _SHORT_SIDES and not words[1].isdigit():
        return _SHORT_SIDES[words[0]], words[1:]
    for n, word in enumerate(words):
        if word in _SHORT_SIDES and "rib" in (_WORD_OF.get(other, other) for other in words):
            return _SHORT_SIDES[word], words[:n] + words[n + 1 :]
    return "", words


def _levels_joined(words: Sequence[str]) -> list[str]:
    """Return the words with "S 1" written "s1"."""
    joined: list[str] = []
    for word in words:
        if joined and word.isdigit() and _level(joined[-1] + word)[0]:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _level(word: str) -> tuple[str, str]:
    """Return the spinal level a word names and the side stuck to it ("s1l"); empty where it names none."""
    german = _GERMAN_LEVEL.match(word)
    match = _LEVEL.match(word)
    if german:
        region, number, side = _GERMAN_REGIONS[german.group(1)], int(german.group(2)), ""
    elif match:
        region, number = match.group(1).replace("th", "t").replace("d", "t"), int(match.group(2))
        side = _SHORT_SIDES.get(match.group(3) or "", "")
    else:
        return "", ""
    return (f"{region}{number}", side) if 1 <= number <= _LAST_LEVEL[region] else ("", "")
