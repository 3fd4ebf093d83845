"""How many text messages a text makes, counted by the tables of 3GPP TS 23.038 and 23.040."""

import pytest

from alerts.channels.gsm import Alphabet, plain, size_of


@pytest.mark.parametrize(
    ("text", "alphabet", "places", "parts"),
    [
        ("", Alphabet.GSM, 0, 1),
        ("a" * 160, Alphabet.GSM, 160, 1),
        ("a" * 161, Alphabet.GSM, 161, 2),
        ("a" * 306, Alphabet.GSM, 306, 2),
        ("a" * 307, Alphabet.GSM, 307, 3),
        ("é" * 160, Alphabet.GSM, 160, 1),
        ("€" * 80, Alphabet.GSM, 160, 1),
        ("€" * 81, Alphabet.GSM, 162, 2),
        ("a" * 152 + "€" + "a" * 152, Alphabet.GSM, 306, 3),  # the euro sign does not fit the first part's last place
        ("ê" + "a" * 69, Alphabet.UCS2, 70, 1),
        ("ê" + "a" * 70, Alphabet.UCS2, 71, 2),
        ("ê" + "a" * 134, Alphabet.UCS2, 135, 3),
        ("\U0001f48a" * 35, Alphabet.UCS2, 70, 1),
        ("\U0001f48a" * 36, Alphabet.UCS2, 72, 2),
        ("a" * 66 + "\U0001f48a" + "a" * 66, Alphabet.UCS2, 134, 3),  # nor is a pair cut
    ],
)
def test_a_text_makes_as_many_messages_as_the_standard_says(
    text: str, alphabet: Alphabet, places: int, parts: int
) -> None:
    size = size_of(text)
    assert (size.alphabet, size.places, size.parts) == (alphabet, places, parts)


def test_fine_typography_does_not_double_the_messages() -> None:
    fine = "EXERCICE – l’héroïne\u00a0: « fentanyl »… "
    assert plain(fine) == 'EXERCICE - l\'héroïne : " fentanyl "... '
    assert size_of(plain("l’alerte – « x »…")).alphabet is Alphabet.GSM
    assert plain("ï ê ç œ") == "ï ê ç œ"  # letters stay: a name must be found as it is written
