"""CAMEO's codes of actors in GDELT that are not ISO codes of countries. Plain data."""

from typing import Final

COUNTRIES: Final[dict[str, str]] = {
    "BAG": "IRQ",
    "GZS": "PSE",
    "IMY": "IMN",
    "MTN": "MNE",
    "ROM": "ROU",
    "TMP": "TLS",
    "WSB": "PSE",
    "ZAR": "COD",
}
"""CAMEO's own or older codes of countries, and of parts of them, to ISO codes."""

REGIONS: Final = frozenset(
    {
        "AFR",
        "ASA",
        "BLK",
        "CAS",
        "CAU",
        "CEU",
        "CFR",
        "CRB",
        "EAF",
        "EEU",
        "EIN",
        "EUR",
        "LAM",
        "MDT",
        "MEA",
        "NAF",
        "NMR",
        "PGS",
        "SAF",
        "SAM",
        "SAS",
        "SCN",
        "SEA",
        "WAF",
        "WST",
    }
)
"""Codes of regions, from Africa to the West, which stand where a country's would."""

ORGANISATIONS: Final[dict[str, str]] = {
    "ADB": "ADB",
    "AFB": "AFDB",
    "ARL": "LAS",
    "ASN": "ASEAN",
    "CEM": "COMESA",
    "CIS": "CIS",
    "COE": "COE",
    "CWN": "COMMONWEALTH",
    "ECA": "ECCAS",
    "EEC": "EU",
    "EFT": "EFTA",
    "FAO": "FAO",
    "GCC": "GCC",
    "GOS": "G7",
    "GSS": "G77",
    "HCR": "UNHCR",
    "IAD": "IGAD",
    "IAE": "IAEA",
    "ICC": "ICC",
    "ICJ": "ICJ",
    "ILO": "ILO",
    "IMF": "IMF",
    "IOM": "IOM",
    "ITP": "INTERPOL",
    "KID": "UNICEF",
    "NAT": "NATO",
    "NON": "NONALIGNED",
    "OAS": "OAS",
    "OAU": "AU",
    "OIC": "OIC",
    "OPC": "OPEC",
    "SAA": "SAARC",
    "SAD": "SADC",
    "SCE": "OSCE",
    "UNO": "UN",
    "WAS": "ECOWAS",
    "WBK": "WB",
    "WFP": "WFP",
    "WHO": "WHO",
    "WTO": "WTO",
}
"""Codes of known groups that are organisations with a code of their own here."""

SECTORS: Final[dict[str, str]] = {
    "": "",
    "GOV": "government",
    "MIL": "military",
    "COP": "police",
    "SPY": "intelligence",
    "LEG": "legislature",
    "JUD": "judiciary",
    "IGO": "",
}
"""Codes of types whose actors act for their state or organisation, and their sectors."""
