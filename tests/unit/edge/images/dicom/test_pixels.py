"""Every way pixels are stored comes back as the grey values that were scanned, or is refused with words."""

import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from orview.edge.images.dicom.series import SeriesRead, read_series
from orview.errors import InputError, RefusedError
from tests.dicom_files import compress, hold_frames
from tests.shapes import trunk, write_dicom

ARRAY = trunk((5, 48, 40))
ARRAY[:, 5:9, 7:12] += np.random.default_rng(3).integers(0, 900, (5, 4, 5), dtype=np.int16)


def read(folder: Path, scratch: Path) -> SeriesRead:
    scratch.mkdir(exist_ok=True)
    found = read_series(folder, scratch=scratch)
    assert list(scratch.iterdir()) == []
    return found


@pytest.mark.parametrize(
    ("syntax", "off_hu"),
    [
        (ImplicitVRLittleEndian, 0),
        (ExplicitVRLittleEndian, 0),
        (DeflatedExplicitVRLittleEndian, 0),
        (RLELossless, 0),
        (JPEGLosslessSV1, 0),
        (JPEGLSLossless, 0),
        (JPEGLSNearLossless, 2),
        (JPEG2000Lossless, 0),
        (JPEG2000, 3),
    ],
)
@pytest.mark.parametrize(("bits", "signed"), [(16, True), (12, False), (13, True)])
def test_every_transfer_syntax_gives_the_same_values(
    tmp_path: Path, syntax: UID, off_hu: int, bits: int, signed: bool
) -> None:
    intercept = 0 if signed else -1024

    def change(dataset: Any, k: int) -> None:
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits - 1, int(signed)
        dataset.RescaleIntercept = str(intercept)
        dataset.PixelData = (ARRAY[k] - intercept).astype("<i2" if signed else "<u2").tobytes()
        if syntax.is_encapsulated:
            compress(dataset, syntax, tmp_path)
        else:
            dataset.file_meta.TransferSyntaxUID = syntax

    write_dicom(tmp_path / "series", ARRAY, change=change)
    array = read(tmp_path / "series", tmp_path / "scratch").array
    assert array.shape == ARRAY.shape
    assert np.abs(array - ARRAY).max() <= off_hu


def test_big_endian(tmp_path: Path) -> None:
    def change(dataset: Any, k: int) -> None:
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        dataset.PixelData = (ARRAY[k] + 1024).astype(">i2").tobytes()
        dataset["PixelData"].VR = "OW"

    write_dicom(tmp_path / "series", ARRAY, change=change)
    assert np.array_equal(read(tmp_path / "series", tmp_path / "scratch").array, ARRAY)


ROW, COLUMN = np.mgrid[:24, :20]
KNOWN = (1000 + 40 * ROW + 90 * COLUMN + ((COLUMN * ROW) % 7) * 11).astype(np.int16)
"""What the frames below hold: no library at hand writes these two kinds."""

HTJ2K_FRAME = base64.b85decode(
    "|4;u>04YEK0000K0000O00000000000000K0000O0000000000009pH0sl|{2mk^A000XAQUDA90ssL31q1{@0smY86Cj9?kdTm&kdTm&kdTmw"
    "h=~7W02crOPjF>!N>E53R%LP^FfKASE;BCwkN^q*00002Jpcj!lfVEbt?vZ~bO68r6F>kHKmZYdnEL|<bO2`k0*7<}0Am2a024p}6F>kG0B`&N"
    "3v>YI`2Yem0R8}D0KfnhPyhvd00B?}90$1m1DFA|0DuvPgBA_z0fYkcQFyoj-?z)~S?06=zyKFZ003Pa00DF$TDZX~!bDP$WZVTKB<6?F64&$?"
    "rQs*W&+q~MHU9)g57H*P0NjZ~beRMT>njrN4SO+v*dfpeT}96r{w8%KT?9Z6(k8nApbd9BKxjM{6GF&Cpf^Zz#WUIfIRgH}b*B@;5Ap%L0Kfn*"
    "bASL|<p2P^h&j2NDwZvQ$%G@b2?Da2$C8)Gp&^GLAU06NfoKO(=F2e~3BrMB4qOTt*>KgQ;}Qf!HZ0kMkVAB4weYeJh$I9K!Uh$RO*--%(WXNX"
    "5*vxa`2bGB%PF0c%4EkJpDl@2c8aNLbl}bh5J!|NayVZBk+`4;TQVNFAqgh{(WWw&<VNmt;i|}1af`%l<$-X?W-1%UZ5tqg2}DQ)ArX)SL=Z4R"
    "2obj_=9X~CQEnW!0bImc<+y-1ev^y8f+9}Uu{8Y{s(KX#?t=r`JV>jF0p~%0$^u9%i4+JxvL`aszX7F^OuQs#!WgoYGBc%kNlB8IO7SL%941LF"
    "#p9Whlw*__lc`iHl}sj+sZ^2~7nkHDjGUC2c&1rmDoa^1DF%>>HwfQuhS}~aKXx0u@+v#jqQh<4TPm1>AVDwaAf!_Q|Je"
)
JPEG12_FRAME = base64.b85decode(
    "|JeWF01!$>Nk#wx0RR9200961|JwjV00IF40RaI50RaI50s;a81OoyB0s;jD1Oo&H1qKEN1qKEN2MGuU2MGrT1_%oX2?`1d3JL}Y3k(Yi3<(Mf"
    "3je_X3k(1l02BcM5di<h02BZL0000000000000000000C|HJ?>5C8!K0|NpA2MGWG00000009C61O*2X1_}}j6A2;+79lY+L17dX7b7GmLPSyj"
    "+5iXv0RR9$063RMUuiY7p<7E+`)5LOpydh|^%;`$?>x$Wg-k7_AE5<5&!6P2JEL>7YSYB0+FdgO-RaaWMCwE}Jj`|;Ap%1xT(7hbh6;HCG6o3*"
    "0FG{^H*0p%>op(2w%e!Fy)jSEKhk=y9;4gCET`jgPIHX>^PXN#U9<qpqZhRzpAysB=o)6#&XBZe*p0lZZ2~|*E-;ZG$XRcSf;`wzBw!?hfEV3b"
    "e@5qOMxJ+1T8ec#*v?fMQ>g4rmlIA&L^MN8mKEJ|lR%dV0DCe?C)%K-A+*ZvWZIt<{{RMiZ2U`6tT?NlMx3BJ+(Cv|1AulqkGK!><PRkUIIs=$"
    "Wp<v_CR%$<7K>u%IEM7>WHBaN5#yntmJlVavE1bNInTQ|P~;RtLA9uKa5kbYT`JPe`~#`|+T5x#-g-=E%{(c>Q#>0(33Qh-v4F33Mtr2YwWd33"
    "p3{j_yd3S*^$$jgQ)KzO(k4`zg5t8n1sP?z2?_EPV>$K^6U6}tPyg8"
)


@pytest.mark.parametrize(
    ("frame", "syntax", "bits", "off"),
    [(HTJ2K_FRAME, HTJ2KLossless, 16, 0), (JPEG12_FRAME, JPEGExtended12Bit, 12, 12)],
)
def test_frames_of_other_encoders(tmp_path: Path, frame: bytes, syntax: UID, bits: int, off: int) -> None:
    def change(dataset: Any, k: int) -> None:
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits - 1, 0
        hold_frames(dataset, [frame], syntax)

    write_dicom(tmp_path / "series", np.stack([KNOWN] * 4), change=change)
    array = read(tmp_path / "series", tmp_path / "scratch").array
    assert np.abs(array - (KNOWN - 1024.0)).max() <= off


def test_baseline_jpeg_of_8_bits(tmp_path: Path) -> None:
    values = np.clip(ROW * 4 + COLUMN * 5, 0, 255)

    def change(dataset: Any, k: int) -> None:
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
        dataset.RescaleSlope, dataset.RescaleIntercept, dataset.LossyImageCompression = "8", "-1000", "01"
        dataset.PixelData = values.astype(np.uint8).tobytes()
        compress(dataset, JPEGBaseline8Bit, tmp_path)

    write_dicom(tmp_path / "series", np.stack([KNOWN] * 4), change=change)
    found = read(tmp_path / "series", tmp_path / "scratch")
    assert np.abs(found.array - (values * 8.0 - 1000.0)).max() <= 8 * 4
    assert "PIXELS_LOSSY" in {finding.code for finding in found.findings}


def test_what_stands_in_unused_bits_is_no_grey_value(tmp_path: Path) -> None:
    """Old scanners kept overlays in the four bits above twelve."""

    def change(dataset: Any, k: int) -> None:
        dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
        dataset.PixelData = ((ARRAY[k] + 1024).astype("<u2") | np.uint16(0x5000)).tobytes()

    write_dicom(tmp_path / "series", ARRAY, change=change)
    assert np.array_equal(read(tmp_path / "series", tmp_path / "scratch").array, ARRAY)


@pytest.mark.parametrize("limit", [None, 3])
def test_padding_reads_as_air_and_is_told(tmp_path: Path, limit: int | None) -> None:
    padded = ARRAY + 1024
    padded[:, :4] = 0
    padded[:, 4:6] = 3

    def change(dataset: Any, k: int) -> None:
        dataset.add_new("PixelPaddingValue", "SS", 0)
        if limit is not None:
            dataset.add_new("PixelPaddingRangeLimit", "SS", limit)
        dataset.RescaleIntercept = "-3024"
        dataset.PixelData = np.where(padded[k] > 3, padded[k] + 2000, padded[k]).astype("<i2").tobytes()

    write_dicom(tmp_path / "series", ARRAY, change=change)
    found = read(tmp_path / "series", tmp_path / "scratch")
    assert (found.array[:, :6] == -1024.0).all()
    assert np.array_equal(found.array[:, 6:], ARRAY[:, 6:])
    told = next(finding for finding in found.findings if finding.code == "OUTSIDE_SCAN")
    assert told.message.startswith("12.5 %")


@pytest.mark.parametrize(
    ("element", "value", "words"),
    [
        ("PhotometricInterpretation", "MONOCHROME1", "MONOCHROME2"),
        ("SamplesPerPixel", 3, "one grey value|cut short"),
        ("BitsAllocated", 12, "packed"),
        ("RescaleType", "Z_EFF", "not in Hounsfield units"),
    ],
)
def test_pixels_that_are_no_grey_values_are_refused(tmp_path: Path, element: str, value: object, words: str) -> None:
    write_dicom(tmp_path / "series", ARRAY, change=lambda dataset, k: setattr(dataset, element, value))
    with pytest.raises((InputError, RefusedError), match=words):
        read(tmp_path / "series", tmp_path / "scratch")


@pytest.mark.parametrize("slope", ["nan", "inf", "0"])
def test_a_scale_that_is_none_is_refused(tmp_path: Path, slope: str) -> None:
    write_dicom(tmp_path / "series", ARRAY, change=lambda dataset, k: setattr(dataset, "RescaleSlope", slope))
    with pytest.raises((InputError, RefusedError)):
        read(tmp_path / "series", tmp_path / "scratch")


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLosslessSV1, JPEGLSLossless, JPEG2000Lossless])
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_compressed_slice_cut_short_is_refused(tmp_path: Path, syntax: UID, keep: float) -> None:
    def change(dataset: Any, k: int) -> None:
        compress(dataset, syntax, tmp_path)

    paths = write_dicom(tmp_path / "series", np.tile(ARRAY, (1, 2, 2)), change=change)
    data = paths[2].read_bytes()
    paths[2].write_bytes(data[: int(len(data) * keep)])
    with pytest.raises((InputError, RefusedError)):
        read(tmp_path / "series", tmp_path / "scratch")


@pytest.mark.hazard("H28")
def test_a_deflated_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    paths = write_dicom(
        tmp_path / "series",
        ARRAY,
        change=lambda dataset, k: setattr(dataset.file_meta, "TransferSyntaxUID", DeflatedExplicitVRLittleEndian),
    )
    data = paths[0].read_bytes()
    start = 144 + int.from_bytes(data[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(bytes(1 << 24)) for _ in range(8)) + packer.flush()
    paths[0].write_bytes(data[:start] + bomb)
    with pytest.raises(RefusedError, match="unpacks to far more"):
        read(tmp_path / "series", tmp_path / "scratch")


def test_values_beyond_16_bits_with_sign_are_kept(tmp_path: Path) -> None:
    bright = ARRAY.astype(np.int32) + 1024
    bright[3, 7, 7] = 60_000

    def change(dataset: Any, k: int) -> None:
        dataset.PixelRepresentation, dataset.RescaleIntercept = 0, "-1000"
        dataset.PixelData = bright[k].astype("<u2").tobytes()

    write_dicom(tmp_path / "series", ARRAY, change=change)
    assert np.array_equal(read(tmp_path / "series", tmp_path / "scratch").array, bright - 1000)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_padding_below_zero_is_read_in_every_syntax(tmp_path: Path, syntax: UID) -> None:
    """Without value representations in the file the element may be signed or not: the pixels say which."""
    stored = ARRAY - np.int16(3000)
    stored[:, :4] = -3001

    def change(dataset: Any, k: int) -> None:
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.add_new("PixelPaddingValue", "SS", -3001)
        dataset.RescaleIntercept = "3000"
        dataset.PixelData = stored[k].astype("<i2").tobytes()

    write_dicom(tmp_path / "series", ARRAY, change=change)
    found = read(tmp_path / "series", tmp_path / "scratch")
    assert (found.array[:, :4] == -1024).all()
    assert np.array_equal(found.array[:, 4:], ARRAY[:, 4:])
