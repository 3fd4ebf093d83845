"""The environment: autoescaped, and strict about names."""

import pytest
from jinja2 import UndefinedError

from templates.environment import group_code, make_environment, svg_number


def test_text_is_escaped() -> None:
    template = make_environment().from_string("<p>{{ name }}</p>")
    assert template.render(name="<b>&") == "<p>&lt;b&gt;&amp;</p>"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        make_environment().from_string("{{ nothing }}").render()


def test_codes_are_grouped_however_they_come() -> None:
    assert group_code("K7QM2F4DR") == "K7QM-2F4D-R"
    assert group_code("K7QM-2F4D-R") == "K7QM-2F4D-R"


@pytest.mark.parametrize(("value", "written"), [(1.0, "1"), (0.126, "0.13"), (-0.001, "0"), (100.0, "100")])
def test_coordinates_are_short(value: float, written: str) -> None:
    assert svg_number(value) == written


def test_attributes_are_escaped_and_absent_ones_left_out() -> None:
    template = make_environment().from_string('<a{{ {"href": url, "hidden": true, "id": none} | attributes }}>')
    assert template.render(url='"x"') == '<a href="&#34;x&#34;" hidden>'
