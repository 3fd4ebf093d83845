"""Words that call something safe are found, and only those."""

import pytest

from lab.kit.promises import promise_in


@pytest.mark.parametrize(
    "text",
    [
        "This is safe.",
        "Een veilige partij",
        "sans danger",
        "sans  risque",
        "ongevaarlijk",
        "harmless",
        "risk-free",
        "un produit sûr",
        "onschuldig",
        "It is not safe",
    ],
)
def test_a_promise_is_recognised(text: str) -> None:
    assert promise_in(text) is not None


@pytest.mark.parametrize("text", ["Keep it in a safety box? No.", "risque", "gevaarlijk", "unsafe", "Bien sûr."])
def test_what_is_no_promise_is_let_through(text: str) -> None:
    assert promise_in(text) is None
