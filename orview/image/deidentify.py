"""What of an image's free text may leave the machine: only words that cannot name a person.

DICOM PS3.15 has free descriptions removed or cleaned; here they are cleaned by a list of the words allowed,
because a list of the words forbidden always misses one (hazard H21).
"""

import re

# fmt: off
ALLOWED_WORDS = frozenset({
    "abdomen", "abdominal", "angio", "angiography", "arterial", "ax", "axial", "body", "bone", "brain", "br",
    "chest", "contrast", "cor", "coronal", "cspine", "ct", "ct/pet", "delayed", "diagnostic", "dose", "dual",
    "enhanced", "fine", "head", "helical", "hip", "hips", "hr", "hrct", "ir", "iterative", "iv", "kernel", "left",
    "leg", "legs", "liver", "low", "lumbar", "lung", "mar", "metal", "mm", "mpr", "mr", "mra", "mri", "native",
    "neck", "non", "of", "pelvic", "pelvis", "pelvis/abdomen", "pet", "pet-ct", "portal", "post", "postop", "pre",
    "preop", "protocol", "recon", "right", "routine", "sacral", "sacrum", "sag", "sagittal", "scan", "scout",
    "sequence", "series", "sharp", "slice", "slices", "soft", "spine", "spiral", "standard", "std", "study", "t1",
    "t2", "thick", "thin", "thorax", "tissue", "tra", "transversal", "upper", "venous", "vol", "volume", "weighted",
    "wholebody", "with", "without",
})
# fmt: on


def clean_text(text: str, *, longest: int = 64) -> str:
    """Return the words of `text` that are in the list or are numbers of at most three digits, with or without mm.

    Longer numbers could be dates, record numbers or telephone numbers.
    """
    words = re.split(r"[\s_,;:()\[\]]+", text)
    kept = [word for word in words if word.lower() in ALLOWED_WORDS or re.fullmatch(r"\d{1,3}(\.\d{1,2})?(mm)?", word)]
    return " ".join(kept)[:longest]


_KERNEL_NAMES = frozenset({
    "SOFT", "STANDARD", "STND", "STD", "BONE", "BONEPLUS", "DETAIL", "EDGE", "LUNG", "CHEST", "SHARP", "SMOOTH",
    "ULTRA", "HD", "EXPERIMENTAL",
})  # fmt: skip


def clean_kernel(text: str) -> str:
    """Return a reconstruction kernel's name where it is one vendors use ("B30f", "FC13", "BONEPLUS"), else nothing."""
    known = text.upper() in _KERNEL_NAMES or re.fullmatch(r"[A-Za-z]{1,2}\d{2}[a-z]?", text)
    return text if known else ""


def clean_modality(text: str) -> str:
    """Return a modality of at most eight capital letters that DICOM defines, else nothing: the tag could hold any text.

    The modalities are those of PS3.3 C.7.3.1.1.1 that planning folders hold.
    """
    return text if text in _MODALITIES else ""


_MODALITIES = frozenset({
    "CT", "MR", "PT", "NM", "US", "CR", "DX", "XA", "RF", "MG", "OT", "SC", "SR", "PR", "KO", "SEG", "REG", "DOC",
    "RTSTRUCT", "RTDOSE", "RTPLAN", "RTIMAGE", "FID", "M3D",
})  # fmt: skip
