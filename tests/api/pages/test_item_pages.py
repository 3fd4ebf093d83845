"""The page of a container: setting right what was recorded wrongly, forks, giving back."""

from uuid import UUID

from lab.custody import service
from lab.custody.models import Action, Item, ItemState
from lab.custody.recording import history
from tests.api.pages.conftest import Client, Lab, text_of
from tests.api.pages.test_stock_pages import at_laboratory


def event_of(lab: Lab, item_id: UUID, action: Action) -> str:
    with lab.session() as session:
        return str(next(event.id for event in history(session, item_id) if event.action is action))


def test_a_wrong_entry_is_corrected_with_a_reason_and_stays_readable(client: Client, lab: Lab) -> None:
    _, item_id = at_laboratory(lab)
    at, chemist = f"/custody/items/{item_id}", client("chemist")
    chemist.post(f"{at}/open", data={"weighed_mg": ""})
    chemist.post(f"{at}/use", data={"used_mg": "50"})
    used = {"event": event_of(lab, item_id, Action.CONSUMED), "way": "amount", "right_mg": "5", "reason": "typed 50"}
    page = chemist.get(at)
    assert "Correct this" in text_of(page)
    for wrong in ({"reason": ""}, {"way": "mass"}, {"way": "no"}, {"right_mg": ""}, {"right_mg": "-1"}, {"event": "x"}):
        refused = chemist.post(f"{at}/correct", data=used | wrong)
        assert refused.status_code == 422, wrong
    assert client("south_worker").post(f"{at}/correct", data=used).status_code == 404
    assert chemist.post(f"{at}/correct", data=used).headers["location"].endswith("done=item_corrected")
    with lab.session() as session:
        assert session.get_one(Item, item_id).held_mg == 75
    said = text_of(chemist.get(at))
    assert "typed 50" in said
    assert "−50 mg" in said


def test_what_did_not_happen_is_declared_so(client: Client, lab: Lab) -> None:
    _, item_id = at_laboratory(lab)
    at, chemist = f"/custody/items/{item_id}", client("chemist")
    chemist.post(f"{at}/open", data={"weighed_mg": ""})
    opened = {"event": event_of(lab, item_id, Action.OPENED), "way": "whole", "reason": "another bag"}
    assert chemist.post(f"{at}/correct", data=opened).status_code == 303
    with lab.session() as session:
        assert session.get_one(Item, item_id).seal_number == "S-1"


def test_a_forked_history_is_decided_on_the_page(client: Client, lab: Lab) -> None:
    _, item_id = at_laboratory(lab)
    with lab.session() as session:
        actor, before = lab.network.actors["chemist"], service.state_of(session, item_id=item_id).head
        heads = [
            service.record_event(session, actor=actor, item_id=item_id, action=action, after=before).id
            for action in (Action.OPENED, Action.LOST)
        ]
        session.commit()
    at, chemist = f"/custody/items/{item_id}", client("chemist")
    assert "Two histories" in text_of(chemist.get(at))
    for wrong in ({"head": ""}, {"head": str(item_id)}, {"head": str(heads[0]), "reason": " "}):
        assert chemist.post(f"{at}/join", data={"reason": "seen"} | wrong).status_code == 422
    assert chemist.post(f"{at}/join", data={"head": str(heads[0]), "reason": "it is here"}).status_code == 303
    with lab.session() as session:
        item = session.get_one(Item, item_id)
        assert (item.state, item.conflict) == (ItemState.AT_LABORATORY, False)
    assert "Two histories" not in text_of(chemist.get(at))


def test_nothing_is_given_back_before_its_legal_basis_is_declared(client: Client, lab: Lab) -> None:
    _, item_id = at_laboratory(lab)
    at, chemist, admin = f"/custody/items/{item_id}", client("chemist"), client("admin")
    assert "Give it back" not in text_of(chemist.get(at))
    assert chemist.post(f"{at}/return", data={"reason": "order 7"}).status_code == 422
    assert client("coordinator").post("/network/stock/return-basis", data={"return_basis": "x"}).status_code == 403
    assert admin.post("/network/stock/return-basis", data={"return_basis": " "}).status_code == 422
    assert admin.post("/network/stock/return-basis", data={"return_basis": "Code art. 28octies"}).status_code == 303
    assert "Code art. 28octies" in text_of(chemist.get(at))
    assert chemist.post(f"{at}/return", data={"reason": ""}).status_code == 422
    assert chemist.post(f"{at}/return", data={"reason": "order 7"}).status_code == 303
    with lab.session() as session:
        item = session.get_one(Item, item_id)
        assert (item.state, item.held_ug) == (ItemState.RETURNED, 0)
    assert admin.post("/network/stock/return-basis/withdraw").status_code == 303
    assert "No legal basis is declared" in text_of(admin.get("/network/stock"))
