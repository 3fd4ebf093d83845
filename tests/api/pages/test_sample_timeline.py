"""A sample's page shows one line of time: material, analyses, answers, photographs of seals."""

import re

from lab.custody.models import Item
from lab.photos.models import SamplePhoto
from tests.api.pages.conftest import Client, Lab, text_of
from tests.api.pages.test_stock_pages import at_laboratory


def moments(page: str) -> list[str]:
    line = page.split('class="timeline"')[1].split("</ol>", maxsplit=1)[0]
    return [re.sub(r"<[^>]+>", " ", one) for one in line.split("<li>")[1:]]


def test_who_had_it_and_what_is_left_stand_on_one_line(client: Client, lab: Lab) -> None:
    code, item_id = at_laboratory(lab)
    chemist = client("chemist")
    chemist.post(f"/custody/items/{item_id}/open", data={"weighed_mg": ""})
    chemist.post(f"/custody/items/{item_id}/use", data={"used_mg": "5"})
    page = chemist.get(f"/samples/{code}").text
    assert "Left: 75.000 mg of 80.000 mg." in page
    said = moments(page)
    assert ["collected" in said[0], "consumed" in said[-1] or "used" in said[-1]] == [True, True]
    assert "Chemist" in said[-1]


def test_a_photographed_seal_stands_where_it_belongs_and_is_asked_for_where_it_lacks(client: Client, lab: Lab) -> None:
    code, item_id = at_laboratory(lab)
    asked = f'href="/custody/items/{item_id}#photo"'
    assert asked in client("chemist").get(f"/samples/{code}").text
    assert asked not in client("worker").get(f"/samples/{code}").text  # it is elsewhere
    with lab.session() as session:
        item, account = session.get_one(Item, item_id), lab.network.accounts["chemist"]
        session.add(
            SamplePhoto(
                sample_id=item.sample_id, item_id=item.id, of_seal=True, file_key="photo/x", size_bytes=1,
                taken_by=account.id,
            )
        )  # fmt: skip
        session.commit()
    page = client("chemist").get(f"/samples/{code}").text
    assert "Seal photographed" in moments(page)[-1]
    assert asked not in page


def test_the_proof_is_offered_to_whoever_audits(client: Client, lab: Lab) -> None:
    code, _ = at_laboratory(lab)
    proof = f'href="/samples/{code}/proof"'
    assert proof in client("auditor").get(f"/samples/{code}").text
    assert proof not in client("worker").get(f"/samples/{code}").text


def test_an_auditor_finds_the_registers_in_the_menu_and_a_chemist_keeps_the_menu_small(
    client: Client, lab: Lab
) -> None:
    at_laboratory(lab)
    assert 'href="/custody/register"' in client("auditor").get("/").text
    assert 'href="/custody/register"' not in client("chemist").get("/").text


def test_the_public_proof_is_named_at_the_foot_of_public_pages(client: Client, lab: Lab) -> None:
    page = client("worker").get("/lookup")
    assert 'href="/proof?lang=en"' in page.text
    assert "Check a receipt" in text_of(page)
