"""Bundles: what verifies, and that nothing else does."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from lab.custody import service
from lab.custody.bundle import (
    UnreadableError,
    bundle_bytes,
    export_bundle,
    export_log,
    receipt,
    verify_bundle,
    verify_file,
)
from lab.custody.errors import NothingToExportError
from lab.custody.models import ItemState
from lab.errors import ForbiddenError
from lab.kit import canonical, merkle
from lab.kit.checkpoint import Checkpoint
from lab.kit.notes import encode
from tests.lab.custody.conftest import Network
from tests.lab.custody.logs import OTHER, SIGNER, whole_log
from tests.lab.custody.walks import walk

KEY = SIGNER.public_key
Bundle = dict[str, Any]


@pytest.fixture(scope="module")
def extract(module_session: Session) -> Bundle:
    """The bundle of one sample of two, with an aliquot."""
    network = Network(module_session)
    walk(network)
    sample_id = walk(network)
    walk(network)
    return export_bundle(module_session, sample_id=sample_id, signer=SIGNER)


@pytest.fixture(scope="module")
def whole(module_session: Session, extract: Bundle) -> Bundle:
    """The whole log, the statement of the extract included."""
    return export_log(module_session, signer=SIGNER)


@pytest.fixture(scope="module")
def small(module_session: Session) -> bytes:
    """The file of a sample that was only collected and sealed."""
    network = Network(module_session, prefix="small")
    sample_id = network.sample()
    item = service.register_item(
        module_session, actor=network.worker, sample_id=sample_id, site_id=network.north.id, mass_mg=120
    )
    service.seal(module_session, actor=network.worker, item_id=item.id, seal_number="N-0002")
    return bundle_bytes(export_bundle(module_session, sample_id=sample_id, signer=SIGNER))


def ids(bundle: Bundle, **options: Any) -> list[str]:
    return [problem.message.id.rpartition(".")[2] for problem in verify_bundle(bundle, **options).problems]


def body(bundle: Bundle, position: int) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.b64decode(bundle["events"][position]["body"]))
    return value


def test_a_bundle_has_the_members_of_the_format(extract: Bundle, whole: Bundle) -> None:
    for bundle in (extract, whole):
        assert bundle.keys() == {"schema", "origin", "events", "proofs", "checkpoint", "key_id"}
        assert all(event.keys() == {"seq", "body"} for event in bundle["events"])


def test_an_extract_verifies_and_says_where_the_items_are(extract: Bundle) -> None:
    report = verify_file(bundle_bytes(extract), key=KEY)
    assert report.verified
    assert (report.whole_log, report.warnings) == (False, ())
    assert [status.state for status in report.items] == [ItemState.AT_LABORATORY] * 2
    assert [status.held_ug for status in report.items] == [100_000, 17_500]


def test_the_whole_log_verifies(whole: Bundle) -> None:
    report = verify_file(bundle_bytes(whole), key=KEY)
    assert report.verified
    assert report.whole_log
    assert report.events == report.size == len(whole["events"])


def test_without_a_key_it_verifies_with_a_warning_that_shows_the_fingerprint(extract: Bundle) -> None:
    report = verify_bundle(extract)
    assert report.verified
    assert [warning.id for warning in report.warnings] == ["custody.warning.no_key"]
    assert report.warnings[0].params["fingerprint"] == KEY.fingerprint


def test_every_single_bit_flipped_in_a_small_bundle_is_caught(small: bytes) -> None:
    assert verifies(small)
    for position in range(len(small)):
        for bit in range(8):
            assert not verifies(edited(small, position, small[position] ^ (1 << bit))), f"byte {position}, bit {bit}"


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_every_single_byte_of_a_small_bundle_set_to_every_other_value_is_caught(small: bytes) -> None:
    for position in range(len(small)):
        for value in range(256):
            assert value == small[position] or not verifies(edited(small, position, value)), (position, value)


def edited(content: bytes, position: int, value: int) -> bytes:
    return content[:position] + bytes([value]) + content[position + 1 :]


def verifies(content: bytes) -> bool:
    try:
        return verify_file(content, key=KEY).verified
    except UnreadableError:
        return False


@pytest.mark.parametrize("change", ["insert", "delete", "swap"])
def test_a_byte_put_in_taken_out_or_moved_is_caught(extract: Bundle, change: str) -> None:
    content = bundle_bytes(extract)
    for position in range(0, len(content) - 1, 7):
        before, here, after = content[:position], content[position : position + 1], content[position + 1 :]
        changed = {
            "insert": before + b" " + here + after,
            "delete": before + after,
            "swap": before + after[:1] + here + after[1:],
        }[change]
        assert changed == content or not verifies(changed), position


@pytest.mark.parametrize("position", range(12))
@pytest.mark.parametrize("with_proof", [True, False])
def test_a_dropped_event_is_caught(extract: Bundle, position: int, with_proof: bool) -> None:
    bundle = copy.deepcopy(extract)
    position %= len(bundle["events"])
    del bundle["events"][position]
    if with_proof:
        del bundle["proofs"][position]
    assert ids(bundle, key=KEY)


def test_the_last_event_dropped_before_the_statement_is_named(extract: Bundle) -> None:
    bundle = copy.deepcopy(extract)
    del bundle["events"][-2], bundle["proofs"][-2]
    report = verify_bundle(bundle, key=KEY)
    assert [problem.message.id for problem in report.problems] == ["custody.problem.left_out"]
    assert report.problems[0].message.params["stated"] == 3


def test_a_whole_item_dropped_is_caught(extract: Bundle) -> None:
    child = body(extract, -2)["item"]
    bundle = copy.deepcopy(extract)
    keep = [number for number in range(len(bundle["events"])) if body(extract, number).get("item") != child]
    for name in ("events", "proofs"):
        bundle[name] = [bundle[name][number] for number in keep]
    assert ids(bundle, key=KEY) == ["left_out"]


def test_an_extract_without_its_statement_is_caught(extract: Bundle) -> None:
    bundle = copy.deepcopy(extract)
    del bundle["events"][-1], bundle["proofs"][-1]
    assert ids(bundle, key=KEY) == ["no_statement"]


@pytest.mark.parametrize("kind", ["extract", "whole"])
def test_a_reordered_event_is_caught(kind: str, request: pytest.FixtureRequest) -> None:
    bundle = copy.deepcopy(request.getfixturevalue(kind))
    events = bundle["events"]
    events[2], events[3] = events[3], events[2]
    assert ids(bundle, key=KEY)[:1] == ["order"]
    events[2]["seq"], events[3]["seq"] = events[3]["seq"], events[2]["seq"]
    assert ids(bundle, key=KEY)


@pytest.mark.parametrize("kind", ["extract", "whole"])
def test_an_event_put_in_is_caught(kind: str, request: pytest.FixtureRequest) -> None:
    bundle = copy.deepcopy(request.getfixturevalue(kind))
    bundle["events"].insert(3, copy.deepcopy(bundle["events"][3]))
    assert ids(bundle, key=KEY)
    bundle["events"][3]["seq"] -= 1
    assert ids(bundle, key=KEY)


def test_an_event_of_another_sample_put_in_with_its_proof_is_caught(
    module_session: Session, extract: Bundle, whole: Bundle
) -> None:
    size = extract["events"][-1]["seq"] + 1
    stranger = whole["events"][0]
    proof = merkle.inclusion_proof(0, size, nodes_of(whole))
    bundle = copy.deepcopy(extract)
    bundle["events"].insert(0, stranger)
    bundle["proofs"].insert(0, [encode(node) for node in proof])
    assert set(ids(bundle, key=KEY)) == {"not_stated", "other_sample"}


def nodes_of(whole: Bundle) -> merkle.Nodes:
    leaves = [merkle.leaf_hash(base64.b64decode(event["body"])) for event in whole["events"]]
    return lambda level, index: merkle.root_of(leaves[index << level : (index + 1) << level])


def test_a_log_cut_short_is_caught(whole: Bundle) -> None:
    for keep in range(1, len(whole["events"])):
        assert ids(whole | {"events": whole["events"][:keep]}, key=KEY) == ["log_size"]


def test_a_log_rebuilt_and_signed_with_another_key_fails_under_the_published_key(whole: Bundle) -> None:
    bodies = [base64.b64decode(event["body"]) for event in whole["events"]]
    forged = whole_log(bodies, OTHER)
    assert verify_bundle(forged).verified  # it agrees with itself: hence the warning
    assert ids(forged, key=KEY) == ["other_key"]
    assert ids(forged | {"key_id": KEY.vkey}, key=KEY) == ["signature"]


def test_an_extract_signed_again_with_another_key_fails_under_the_published_key(extract: Bundle) -> None:
    checkpoint = Checkpoint.parse(extract["checkpoint"].partition("\n\n")[0] + "\n")
    forged = extract | {"checkpoint": checkpoint.sign(OTHER), "key_id": OTHER.public_key.vkey}
    assert verify_bundle(forged).verified
    assert ids(forged, key=KEY) == ["other_key"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda bundle: bundle | {"extra": 1}, "unknown_field"),
        (lambda bundle: {name: value for name, value in bundle.items() if name != "proofs"}, "missing_field"),
        (lambda bundle: bundle | {"schema": "custody-bundle/2"}, "schema"),
        (lambda bundle: bundle | {"origin": "another"}, "origin"),
        (lambda bundle: bundle | {"key_id": "rubbish"}, "key_id"),
        (lambda bundle: bundle | {"key_id": 7}, "key_id"),
        (lambda bundle: bundle | {"checkpoint": "rubbish"}, "checkpoint"),
        (lambda bundle: bundle | {"checkpoint": None}, "checkpoint"),
        (lambda bundle: bundle | {"events": []}, "events"),
        (lambda bundle: bundle | {"events": {}}, "events"),
        (lambda bundle: bundle | {"events": [*bundle["events"], 7]}, "event_form"),
        (lambda bundle: bundle | {"events": [event | {"x": 1} for event in bundle["events"]]}, "event_form"),
        (lambda bundle: bundle | {"events": [event | {"seq": True} for event in bundle["events"]]}, "event_form"),
        (lambda bundle: bundle | {"events": [event | {"body": "AAB="} for event in bundle["events"]]}, "body_encoding"),
        (lambda bundle: bundle | {"proofs": bundle["proofs"][1:]}, "proofs"),
        (lambda bundle: bundle | {"proofs": None}, "proofs"),
        (lambda bundle: bundle | {"proofs": [7 for _ in bundle["proofs"]]}, "proof_form"),
        (lambda bundle: bundle | {"proofs": [["AAAA"] for _ in bundle["proofs"]]}, "proof_form"),
        (lambda bundle: bundle | {"proofs": [[] for _ in bundle["proofs"]]}, "not_in_log"),
        (lambda bundle: bundle | {"proofs": []}, "gap_in_log"),
    ],
)
def test_each_fault_has_its_own_sentence(extract: Bundle, change: Callable[[Bundle], Bundle], expected: str) -> None:
    assert ids(change(extract), key=KEY)[0] == expected


def test_a_second_signature_line_is_refused(extract: Bundle) -> None:
    line = extract["checkpoint"].rpartition("\n\n")[2]
    assert ids(extract | {"checkpoint": extract["checkpoint"] + line}, key=KEY) == ["signature"]


def test_bodies_must_be_canonical_even_under_a_true_signature(whole: Bundle) -> None:
    bodies = [base64.b64decode(event["body"]) for event in whole["events"]]
    spaced = json.dumps(json.loads(bodies[3])).encode()
    assert ids(whole_log([*bodies[:3], spaced, *bodies[4:]], SIGNER), key=KEY) == ["body_not_canonical"]
    unknown = canonical.dumps(json.loads(bodies[3]) | {"mood": "good"})
    assert ids(whole_log([*bodies[:3], unknown, *bodies[4:]], SIGNER), key=KEY) == ["body_member"]


def test_a_log_signed_with_the_true_key_over_a_dropped_event_is_caught(whole: Bundle) -> None:
    bodies = [base64.b64decode(event["body"]) for event in whole["events"]]
    found = ids(whole_log([*bodies[:3], *bodies[4:]], SIGNER), key=KEY)
    assert found
    assert set(found) <= {"item_gap", "after", "left_out", "entries"}


def test_a_false_statement_is_found_in_the_whole_log(whole: Bundle) -> None:
    bodies = [base64.b64decode(event["body"]) for event in whole["events"]]
    # In random order another export may have stated a single item before: this needs one of several.
    at = next(
        number
        for number, content in enumerate(bodies)
        if b"custody-statement/1" in content and len(json.loads(content).get("items", {})) > 1
    )
    statement = json.loads(bodies[at])
    item = min(statement["items"])
    false = canonical.dumps(statement | {"items": statement["items"] | {item: statement["items"][item] - 1}})
    assert ids(whole_log([*bodies[:at], false, *bodies[at + 1 :]], SIGNER), key=KEY) == ["left_out"]
    short = {name: count for name, count in statement["items"].items() if name != item}
    false = canonical.dumps(statement | {"items": short})
    assert ids(whole_log([*bodies[:at], false, *bodies[at + 1 :]], SIGNER), key=KEY) == ["not_stated"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff\xfe", b'{"a":1.5}', b'{"a":NaN}', b"[" * 99_999])
def test_what_is_no_json_object_is_unreadable(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        verify_file(content, key=KEY)


def test_a_file_saved_again_by_another_program_is_refused(extract: Bundle) -> None:
    for content in (json.dumps(extract).encode(), bundle_bytes(extract) + b"\n"):
        report = verify_file(content, key=KEY)
        assert [problem.message.id for problem in report.problems] == ["custody.problem.file_not_canonical"]


def test_a_bundle_holds_no_words_names_or_codes(module_session: Session, extract: Bundle) -> None:
    text = " ".join(json.dumps(body(extract, number)) for number in range(len(extract["events"])))
    assert "commitments" not in text
    for secret in ("a private note", "circular", "AAAA", "example.org", "Leuven"):
        assert secret not in text


def test_a_bundle_of_a_parent_alone_says_that_its_aliquot_is_elsewhere(session: Session, network: Network) -> None:
    sample_id = walk(network)
    parent = next(item for item in service.items_of(session, sample_id=sample_id) if item.parent_id is None)
    report = verify_bundle(export_bundle(session, item_ids=[parent.id], signer=SIGNER), key=KEY)
    assert report.verified
    assert [warning.id for warning in report.warnings] == ["custody.warning.aliquot_elsewhere"]


def test_a_later_bundle_of_the_same_sample_verifies_too(session: Session, network: Network) -> None:
    sample_id = walk(network)
    for _ in range(3):
        assert verify_bundle(export_bundle(session, sample_id=sample_id, signer=SIGNER), key=KEY).verified
    assert verify_bundle(export_log(session, signer=SIGNER), key=KEY).verified


def test_nobody_exports_without_the_right_to_audit(session: Session, network: Network) -> None:
    sample_id = walk(network)
    with pytest.raises(ForbiddenError):
        export_bundle(session, sample_id=sample_id, signer=SIGNER, actor=network.chemist)


def test_nothing_comes_of_nothing(session: Session, network: Network) -> None:
    with pytest.raises(NothingToExportError):
        export_bundle(session, sample_id=network.sample(), signer=SIGNER)
    with pytest.raises(NothingToExportError):
        export_log(session, signer=SIGNER)


def test_a_bundle_cannot_pass_for_the_other_kind(session: Session, network: Network) -> None:
    sample_id = walk(network)  # the only one, so that its extract holds every entry of the log
    extract = export_bundle(session, sample_id=sample_id, signer=SIGNER)
    assert ids(extract | {"proofs": []}, key=KEY) == ["no_statement"]


def test_a_receipt_proves_its_event(session: Session, network: Network) -> None:
    sample_id = walk(network)
    event = service.timeline(session, sample_id=sample_id)[3]
    content = bundle_bytes(receipt(session, event_id=event.id, signer=SIGNER))
    report = verify_file(content, key=KEY)
    assert report.verified
    assert report.events == 1
    for position in range(0, len(content), 11):
        assert not verifies(edited(content, position, content[position] ^ 0x01))
