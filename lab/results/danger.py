"""Substances that make an answer red by themselves, each with its source.

checkit! (Vienna) shows red when neither effect nor risk can be judged, because more than three different substances
or one potentially dangerous one were found (the service in an interview, krone.at/1754940, August 2018). Which
ones are potentially dangerous is decided here, narrowly: what kills at amounts that cannot be weighed or seen, or
did so where it was sold as something else. What an alert says is decided by the alert rules, not by this list.
"""

DANGEROUS_CLASSES: dict[str, str] = {
    "fentanyl": "In most overdose deaths of the United States in 2021; carfentanil and furanylfentanyl pass unseen by "
    "fentanyl strips (PMC9588631)",
    "nitazene": "EMCDDA, European Drug Report 2024: deaths in Estonia and Latvia, overdoses in France and Ireland; "
    "missold as heroin and as medicines (doi 10.1186/s12954-024-01078-8)",
}
DANGEROUS_SUBSTANCES: dict[str, str] = {
    "para-methoxyamphetamine (PMA)": "EMCDDA, Report on the risk assessment of PMMA, chapter 6: deaths after tablets "
    "sold as ecstasy",
    "para-methoxymethamphetamine (PMMA)": "EMCDDA, Report on the risk assessment of PMMA; 27 deaths in 11 months "
    "(CMAJ Open 2015, 3, E83, PMC4382046)",
    "MDMB-4en-PINACA": "EMCDDA, Risk assessment report on MDMB-4en-PINACA, 2020",
}


def is_dangerous(*, substance: str | None, substance_class: str | None) -> bool:
    """Whether a finding of this substance, or of this group, makes an answer red by itself."""
    return substance in DANGEROUS_SUBSTANCES or substance_class in DANGEROUS_CLASSES
