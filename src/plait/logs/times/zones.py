"""The zone a stamp names: a pattern that finds it, and its offset from UTC."""

import re
from datetime import tzinfo
from functools import lru_cache
from typing import Final

# Minutes east of UTC. Where several places share an abbreviation the most populous use in logs
# stands here, and a log's own zone goes before it (`Calendar`). Left out are those that are
# words of logs themselves: ACT, ART, CAST, EAST, EGST, GET, MIT, SET, WAST.
_NAMES: Final = {
    -720: "BIT IDLW", -660: "NUT SST", -600: "CKT HAST HST SDT TAHT", -570: "MART",
    -540: "AKST GAMT GIT HADT HDT", -480: "AKDT CIST PST", -420: "MST PDT",
    -360: "CST GALT MDT", -300: "CDT CLST COT EASST EST PET", -270: "VET",
    -240: "AMT AST BOT CLT EDT FKT GYT PYT VOST", -210: "NST",
    -180: "ADT BRT FKST GFT PMST PYST ROTT SRT UYT", -150: "NDT",
    -120: "BRST FNT PMDT UYST WGST", -60: "AZOT CVT EGT",
    0: "UTC GMT UCT AZOST WET", 60: "BST CET MET WAT WEST",
    120: "CAT CEST EET HAEC IDT MEST SAST USZ1",
    180: "AIST EAT EEST FET IOT MSK SYOT TRT", 210: "IRST",
    240: "AZT GST MSD MUT RET SAMT SCT", 270: "AFT IRDT",
    300: "AQTT HMT MAWT MVT ORAT PKT TFT TJT TMT UZT YEKT", 330: "IST SLST", 345: "NPT",
    360: "ALMT BIOT BTT KGT OMST VOLT", 390: "CCT MMT",
    420: "CXT DAVT HOVT ICT KRAT NOVT THA WIB",
    480: "AWST BDT CHOT HKT IRKT MYT PHT SGT ULAT WITA WST", 525: "ACWST CWST",
    540: "CHOST JST KST PWT TLT ULAST WIT YAKT", 570: "ACST",
    600: "AEST CHST CHUT DDUT PGT VLAT", 630: "ACDT LHST",
    660: "AEDT KOST LHDT NCT PONT SAKT SBT SRET VUT NFT",
    720: "ANAT FJT GILT MAGT MHT NZST PETT TVT WAKT", 765: "CHAST",
    780: "NZDT PHOT TKT TOT", 825: "CHADT", 840: "LINT",
}  # fmt: skip
OFFSETS: Final = {
    name.encode(): minutes * 60 for minutes, names in _NAMES.items() for name in names.split()
}


_SIGNED: Final = rb"(?:[+-]|\xe2\x88\x92)\d\d(?::?\d\d)?(?!:?\d)"
#: What may be a zone after a time of day: nothing, Z, an offset, or a short word, which
#: `zone_of` tells from `INFO` and `GET`.
ZONE: Final = (
    rb"(?:[ \t]{0,2}(?:[Zz](?![A-Za-z])|%s|(?:UTC|GMT)[+-]\d\d?(?::?\d\d)?(?!\d)"
    rb"|(?:[A-Z]{2,5}|[ecmp][sd]t|utc|gmt|pwt)(?![A-Za-z]))|\[UTC\])?" % _SIGNED
)
#: The name of a place, which only some formats write after a time.
AREA: Final = rb"[A-Z][A-Za-z]{1,20}(?:/[A-Z][A-Za-z_+-]{1,30}\d{0,2}){1,2}"
_OFFSET: Final = rb"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?"


def zone_of(tail: bytes) -> bytes:
    """The zone in what follows a time of day; b"" when it is none, as in ` INFO`."""
    zone = tail.strip()
    return zone if offset_of(zone) is not None or area_of(zone) else b""


@lru_cache(maxsize=64)
def area_of(zone: bytes) -> tzinfo | None:
    """The zone of a place such as `Europe/Berlin`; None when it names none."""
    if b"/" not in zone or re.fullmatch(AREA, zone) is None:
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(zone.decode("ascii"))
    except (OSError, ValueError, KeyError):
        return None


def offset_of(zone: bytes) -> int | None:
    """Seconds east of UTC of a zone as written; None when it is no zone."""
    if zone in (b"Z", b"z", b"[UTC]"):
        return 0
    found = re.fullmatch(_OFFSET, zone.replace(b"\xe2\x88\x92", b"-"))
    if found is None:
        return OFFSETS.get(zone.upper())
    seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
    if seconds > 15 * 3600 or int(found[3] or 0) > 59:
        return None
    return -seconds if found[1] == b"-" else seconds
