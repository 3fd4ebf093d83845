"""Work without network, in a browser that is killed half-way: nothing is lost, doubled, or readable on the disk."""

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import zxingcpp
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlmodel import select

from lab.custody import service as custody
from lab.custody.bundle import export_log
from lab.custody.keys import load_or_create_signer
from lab.custody.models import Item, ItemState
from lab.custody.verification import verify_bundle
from lab.library import service as library
from lab.library.models import SubstanceSynonym
from lab.library.names import fold
from lab.samples import codes, tickets
from lab.samples.models import Sample, Ticket
from lab.sync.kit import make_kit
from tests.browser.conftest import FLAGS, NAMES
from tests.browser.phone import Counter, Handset, Phone, counter_at

pytestmark = pytest.mark.browser

PATIENCE_MS = 20_000  # deriving a key is slow on purpose, and test machines are busy
PIN = "raven-tulip-19"
SAMPLES = 20
AFTER_TRIES = """(changed) => new Promise((resolve) => {
  indexedDB.open("drugcheck-offline").onsuccess = ({ target: { result } }) => {
    const store = result.transaction("vault", "readwrite").objectStore("vault");
    store.getAll().onsuccess = ({ target }) => {
      store.put({ ...target.result[0], ...changed }).onsuccess = () => resolve();
    };
  };
})"""
WORDS = "zuurstok van de buren"  # what nobody else writes: it is looked for on the disk afterwards


@pytest.fixture(scope="module")
def counter(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    """A testing point whose server can go away; each test finds it open."""
    with counter_at(tmp_path_factory.mktemp("counter"), sqlite_template) as counter:
        heroin = counter.lab.substance("heroin", "opioid")
        counter.lab.substance("ketamine", "dissociative")
        counter.lab.substance("2-fluorodeschloroketamine", "dissociative")
        with counter.lab.state.database.session() as session:
            for text in ("brown sugar", "bruine", "héroïne"):
                session.add(SubstanceSynonym(substance_id=heroin.id, text=text, key=fold(text), language="en"))
        yield counter


@pytest.fixture
def phone(chromium: Browser, counter: Counter, tmp_path: Path) -> Iterator[Phone]:
    """A telephone with a disk of its own, which can be killed."""
    program = next(path for name in NAMES if (path := shutil.which(name)))
    phone = Phone(chromium.browser_type, [program, *FLAGS], tmp_path / "phone", counter)
    yield phone
    phone.kill()
    reopen(counter)


@pytest.fixture
def handset(chromium: Browser, counter: Counter) -> Iterator[Handset]:
    """A browser that remembers nothing of other tests."""
    context = chromium.new_context()
    yield Handset(context, counter)
    context.close()
    reopen(counter)


def reopen(counter: Counter) -> None:
    counter.fault = None
    counter.stop()
    counter.start()


def prepare(page: Page) -> None:
    """Choose a PIN, and wait until the page would open without network."""
    page.locator("#pin").fill(PIN)
    page.locator("#pin_again").fill(PIN)
    page.locator("#prepare-form button:not([type])").click()
    expect_sent(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")


def unlock(page: Page, pin: str = PIN) -> None:
    page.locator("#unlock_pin").fill(pin)
    page.locator("#unlock-form button:not([type])").click()
    expect(page.locator("#unlock-form button:not([type])")).to_be_enabled(timeout=PATIENCE_MS)


def go(page: Page, view: str) -> None:
    page.locator(f'[data-to="{view}"]').click()


def register(page: Page, words: str = WORDS, *, felt: str = "unknown", label: str | None = None) -> str:
    """Fill in the form without network; the code drawn."""
    go(page, "new")
    page.locator("#sold_as_raw").fill(words)
    page.locator('label.chip:has(input[name=form][value="crystal"])').click()
    page.locator("#mass_mg").fill("95,5")
    page.locator(f'label.chip:has(input[value="{felt}"])').click()
    page.locator("#consent_analyse").check()
    if label:
        page.locator("#code").fill(label)
    page.locator("#new-form button:not([type])").click()
    expect(page.locator("#kept-code")).not_to_be_empty()
    return page.locator("#kept-code").inner_text().replace("-", "")


def seal(page: Page, number: str) -> None:
    """Seal the sample just registered."""
    page.locator("#kept-seal").click()
    page.locator("#seal_number").fill(number)
    page.locator("#seal-form button:not([type])").click()
    expect(page.locator("#done")).to_be_visible()


def unsent(page: Page) -> str:
    return page.locator("#state-said").inner_text()


def send(page: Page) -> None:
    go(page, "phone")
    page.locator("#send").click()


def expect_sent(page: Page) -> None:
    expect(page.locator("#state-said")).to_have_text(re.compile("Everything recorded"), timeout=PATIENCE_MS)


def samples_with(counter: Counter, words: str) -> list[Sample]:
    with counter.lab.session() as session:
        return list(session.exec(select(Sample).where(Sample.sold_as_raw == words)))


def on_disk(folder: Path, text: str) -> list[str]:
    """Files of the telephone that hold ``text``, as browsers write it."""
    wanted = [text.encode(), text.encode("utf-16-le"), text.lower().encode()]
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and any(one in path.read_bytes() for one in wanted)
    ]


def test_twenty_samples_without_network_and_a_browser_killed_half_way(
    counter: Counter, phone: Phone, tmp_path: Path
) -> None:
    page = phone.open()
    prepare(page)
    counter.stop()
    done = []
    done.append(register(page))
    seal(page, "QX-0000")
    done += [quickly(page, f"QX-{number:04}") for number in range(1, SAMPLES // 2)]
    phone.kill()

    phone.start(counter)
    page = phone.open(who=None)  # still no network: the shell comes from the telephone
    expect(page.locator("#locked-count")).to_contain_text(f"{SAMPLES} entries")
    unlock(page, "wrong horse")
    expect(page.get_by_text("This does not open it.")).to_be_visible()
    unlock(page)
    expect(page.locator("#state-said")).to_contain_text(f"{SAMPLES} kept on this phone only")
    done += [quickly(page, f"QX-{number:04}") for number in range(SAMPLES // 2, SAMPLES)]
    pack_and_hand_over(page)
    assert f"{2 * SAMPLES + 2} kept on this phone only" in unsent(page)

    counter.start()
    send(page)
    expect(page.locator("#state-more")).to_contain_text("no longer signed in")  # and nothing is gone
    assert f"{2 * SAMPLES + 2} kept on this phone only" in unsent(page)
    phone.sign_in("worker")
    counter.fault = "answer lost"
    send(page)
    expect(page.locator("#state-more")).to_contain_text("did not answer as it should")
    counter.fault = None
    send(page)
    expect_sent(page)
    phone.kill()

    assert sorted(sample.code for sample in samples_with(counter, WORDS)) == sorted(done)
    with counter.lab.session() as session:
        items = session.exec(select(Item).join(Sample).where(Sample.sold_as_raw == WORDS)).all()
        assert [(item.state, item.conflict) for item in items] == [(ItemState.IN_TRANSIT, False)] * SAMPLES
        assert {item.seal_number for item in items} == {f"QX-{number:04}" for number in range(SAMPLES)}
        assert {item.events for item in items} == {4}  # collected, sealed, packed, handed over: each once
        signer = load_or_create_signer(tmp_path / "key")
        assert verify_bundle(export_log(session, signer=signer)).verified
    assert on_disk(phone.folder, "drugcheck-offline") != []  # the search finds what stands in the clear
    for secret in (WORDS, "QX-0003", done[0], codes.format_code(done[0]), done[-1], PIN, "PX-77", "authorisation 7"):
        assert on_disk(phone.folder, secret) == [], secret


def quickly(page: Page, number: str) -> str:
    """Register and seal as `register` and `seal` do, by script: the code drawn."""
    code: str = page.evaluate(
        """async ([words, number]) => {
          const at = (id) => document.getElementById(id);
          const until = async (ready) => { while (!ready()) await new Promise((resolve) => setTimeout(resolve, 5)); };
          location.hash = "#new";
          await until(() => !at("new-form").closest("section").hidden && !at("kept-code").textContent);
          const form = at("new-form");
          form.elements.sold_as_raw.value = words;
          form.elements.form.value = "powder";
          form.elements.consent_analyse.checked = true;
          form.requestSubmit();
          await until(() => at("kept-code").textContent && location.hash === "#kept");
          const code = at("kept-code").textContent;
          at("kept-seal").click();
          await until(() => at("seal-form").elements.seal_code.value === code);
          at("seal-form").elements.seal_number.value = number;
          at("seal-form").requestSubmit();
          await until(() => at("done").textContent.includes(code));
          return code.replaceAll("-", "");
        }""",
        [WORDS, number],
    )
    return code


def pack_and_hand_over(page: Page) -> None:
    go(page, "parcels")
    page.locator("#pack_seal").fill("PX-77")
    page.locator("#pack_basis").fill("authorisation 7")
    page.locator("#pack_to").select_option(label="Laboratory")
    page.locator("#pack-form button:not([type])").click()
    page.locator("#hand_agreed").check()
    page.locator("#hand-form button:not([type])").click()
    expect(page.locator("#done")).to_contain_text("Handover of parcel PX-77")


def test_a_serious_event_says_that_nobody_knows_and_two_tabs_send_it_once(counter: Counter, handset: Handset) -> None:
    page = handset.open()
    prepare(page)
    counter.stop()
    words = "two tabs"
    code = register(page, words, felt="serious")
    expect(page.get_by_role("alert").filter(has_text="Nobody has been told")).to_be_visible()
    ticket = page.locator("#kept-ticket").inner_text()
    page.emulate_media(media="print")  # nothing lies over it on paper
    drawn = Image.open(io.BytesIO(page.locator("#kept-qr svg").screenshot()))
    page.emulate_media(media="screen")
    assert [one.text for one in zxingcpp.read_barcodes(drawn)] == [f"{counter.url}/lookup#{ticket}"]
    other = handset.tab("/offline?lang=en")
    unlock(other)
    expect(other.locator("#nobody-told")).to_be_visible()
    sent: list[str] = []
    for one in (page, other):
        one.on("request", lambda request: sent.append(request.url) if request.url.endswith("/api/v1/sync") else None)
    counter.start()
    for one in (page, other):
        one.evaluate("dispatchEvent(new Event('online'))")
    for one in (page, other):
        expect(one.locator("#nobody-told")).to_be_hidden(timeout=PATIENCE_MS)
        expect_sent(one)
    assert len(sent) == 1
    assert [sample.code for sample in samples_with(counter, words)] == [code]
    with counter.lab.session() as session:
        assert session.get(Ticket, tickets.hash_of(ticket)) is not None
        assert tickets.sample_behind(session, token=ticket).code == code  # type: ignore[union-attr]  # found above


def test_a_network_that_is_none_and_a_colleague_signed_in_lose_nothing(counter: Counter, handset: Handset) -> None:
    page = handset.open()
    prepare(page)
    counter.fault = "hotel"
    words = "behind a portal"
    register(page, words)
    go(page, "phone")
    expect(page.locator("#state-more")).to_contain_text("did not answer as it should")
    assert counter.faults_met
    counter.fault = None
    form = handset.tab("/samples/new")
    counter.stop()
    form.locator("main form button.primary").first.click()  # a form sent into a dead network
    expect(form.locator("#not-sent")).to_be_visible()
    form.goto(counter.url + "/samples")  # and a page that cannot come
    expect(form.locator("#locked-count")).to_contain_text("1 entry")
    form.close()
    counter.start()
    handset.sign_in("south_worker")
    send(page)
    expect(page.locator("#state-more")).to_contain_text("Somebody else is signed in")
    assert samples_with(counter, words) == []
    handset.sign_in("worker")
    badge = handset.tab("/")
    expect(badge.locator("#unsent")).to_contain_text("offline 1")
    send(page)
    expect_sent(page)
    expect(badge.locator("#unsent")).to_be_hidden()
    assert len(samples_with(counter, words)) == 1
    badge.locator('form[action="/sign-out"] button').click()  # nothing is unsent: nothing stays behind
    expect(page.locator("#prepare")).to_be_visible()


def test_what_the_server_refuses_stays_and_says_why(counter: Counter, handset: Handset) -> None:
    page = handset.open()
    prepare(page)
    counter.stop()
    words = "site closed meanwhile"
    register(page, words)
    seal(page, "QZ-1")
    set_active(counter, "north", active=False)
    try:
        counter.start()
        send(page)
        expect(page.locator("#problems")).to_contain_text("This site takes no samples")
        expect(page.locator("#held")).to_contain_text("waits for another one that needs you")
    finally:
        set_active(counter, "north", active=True)
    page.get_by_role("button", name="Send again").click()
    expect_sent(page)
    assert len(samples_with(counter, words)) == 1


def test_a_label_used_twice_goes_to_a_person_with_both_versions(counter: Counter, handset: Handset) -> None:
    page = handset.open()
    prepare(page)
    counter.stop()
    words = "the same label"
    taken = counter.lab.register(sold_as_raw="the first of two").sample.code
    assert register(page, words, label=codes.format_code(taken)) == taken
    counter.start()
    send(page)
    expect_sent(page)  # the server keeps both versions: nothing hangs on this telephone any more
    page.get_by_role("link", name="Look at both").click()
    expect(page.locator("main")).to_contain_text(codes.format_code(taken))


def test_a_parcel_is_taken_in_bag_by_bag_without_network(counter: Counter, handset: Handset) -> None:
    items = sent_to_the_laboratory(counter, "PR-5", 3)
    page = handset.open(who="chemist")
    prepare(page)
    counter.stop()
    take_in(page, "PR-5", items[:1])
    page.reload()  # and on with what was there
    unlock(page)
    expect(page.locator("#state-said")).to_contain_text("1 kept on this phone only")
    take_in(page, "PR-5", items[1:2])
    expect(page.locator("#receive-said")).to_have_text("2 of 3 taken in")
    expect(page.locator("#receive-lists")).to_contain_text(codes.format_code(items[2][1]))  # still missing
    page.locator("#close-form button:not([type])").click()
    counter.start()
    send(page)
    expect_sent(page)
    with counter.lab.session() as session:
        states = [session.get_one(Item, item_id).state for item_id, _ in items]
    assert states == [ItemState.AT_LABORATORY, ItemState.AT_LABORATORY, ItemState.IN_TRANSIT]


def sent_to_the_laboratory(counter: Counter, number: str, count: int) -> list[tuple[UUID, str]]:
    """A parcel under way with ``count`` bags: their keys and codes."""
    registered = [counter.lab.register() for _ in range(count)]
    worker, places = counter.lab.network.actors["worker"], counter.lab.network.sites
    with counter.lab.state.database.session() as session:
        for place, one in enumerate(registered):
            custody.seal(session, actor=worker, item_id=one.item.id, seal_number=f"{number}-{place}")
        parcel = custody.pack(
            session, actor=worker, item_ids=[one.item.id for one in registered], seal_number=number,
            from_site_id=places["north"].id, to_site_id=places["laboratory"].id, legal_basis="authorisation 7",
        )  # fmt: skip
        custody.hand_over_parcel(session, actor=worker, parcel_id=parcel.id)
    return [(one.item.id, one.sample.code) for one in registered]


def take_in(page: Page, number: str, items: list[tuple[UUID, str]]) -> None:
    """Open the parcel and type the bags' codes, as a hand scanner does: with Enter behind."""
    go(page, "receive")
    page.locator("#receive-parcels a", has_text=number).click()
    for _, code in items:
        page.locator("#receive_code").fill(code)
        page.keyboard.press("Enter")
        expect(page.locator("#receive-lists")).to_contain_text("Taken in")
        expect(page.locator("#receive_code")).to_have_value("")


def set_active(counter: Counter, name: str, *, active: bool) -> None:
    with counter.lab.state.database.session() as session:
        site = session.merge(counter.lab.network.sites[name])
        site.active = active
        session.add(site)


def test_locked_it_shows_nothing_and_makes_guessing_slow(counter: Counter, handset: Handset) -> None:
    page = handset.open()
    prepare(page)
    counter.stop()
    code = register(page)
    go(page, "new")
    page.locator("#sold_as_raw").fill("half typed")
    page.wait_for_timeout(600)
    page.locator("#lock").click()
    expect(page.locator("#unlock")).to_be_visible()
    for text in (code, codes.format_code(code), "half typed", "Worker"):
        assert text not in page.content()
    assert page.locator("#sold_as_raw").input_value() == ""
    assert code not in page.url
    page.evaluate(AFTER_TRIES, {"failures": 2})
    unlock(page, "123455")
    expect(page.locator("#unlock_pin")).to_have_value("")
    unlock(page)
    expect(page.get_by_text("Too many tries.")).to_be_visible()
    page.evaluate(AFTER_TRIES, {"notBefore": 0})  # as if the wait were over
    unlock(page, PIN.upper().replace("-", " "))
    go(page, "new")
    expect(page.locator("#sold_as_raw")).to_have_value("half typed")
    page.reload()
    expect(page.locator("#locked-count")).to_contain_text("1 entry")


def test_every_view_can_be_used_by_everybody_in_every_language(counter: Counter, handset: Handset) -> None:
    page = handset.open("/offline?lang=fr")
    found, wide, small = [], [], []
    page.locator("#pin").fill("123456")
    page.locator("#prepare-form button:not([type])").click()
    expect(page.get_by_text("C’est l’un des premiers que l’on essaie.")).to_be_visible()
    page.locator("#draw-pin").click()
    page.locator("#prepare-form button:not([type])").click()
    expect(page.locator("#state-said")).to_have_text(re.compile("est arrivé au serveur"), timeout=PATIENCE_MS)
    drawn = None
    for language in ("fr", "nl", "en"):
        if drawn:
            page.goto(f"{counter.url}/offline?lang={language}")
        for view in ("phone", "new", "seal", "parcels", "receive"):
            page.evaluate(f"location.hash = '#{view}'")
            if page.evaluate("document.documentElement.scrollWidth") > 390:
                wide.append((language, view))
        if language == "fr":
            page.evaluate("location.hash = '#new'")
            page.locator("#sold_as_raw").fill("herione")
            expect(page.locator("#sold-as-hits")).to_contain_text("heroin")
            for view in ("new", "parcels", "phone"):
                page.evaluate(f"location.hash = '#{view}'")
                page.wait_for_timeout(50)
                violations = Axe().run(page).response["violations"]
                found += [(view, one["id"], one["nodes"][0]["html"][:120]) for one in violations
                          if one["impact"] in {"serious", "critical"}]  # fmt: skip
                for element in page.query_selector_all("button, .button, .nav a, select, .chip, input[type=text]"):
                    box = element.bounding_box()
                    if box and box["height"] < 47.5:
                        small.append((view, element.inner_text()[:30], round(box["height"])))
            page.locator("#lock").click()
            drawn = "locked"
        assert page.evaluate("document.documentElement.lang") == language
    assert (wide, found, small) == ([], [], [])


def test_codes_tickets_and_searches_are_those_of_the_server(counter: Counter, handset: Handset) -> None:
    page = handset.open(who=None)
    bodies = [codes.random_body(8) for _ in range(200)]
    checks, drawn, ticket = page.evaluate(
        """async (bodies) => {
          const codes = await import("/offline/files/x/codes.js");
          const ticket = await codes.drawTicket();
          const drawn = Array.from({ length: 200 }, codes.drawCode);
          const highest = codes.encodeToken(new Uint8Array(16).fill(255));
          return [bodies.map(codes.checkCharacter), drawn, [ticket.text, ticket.hash, highest]];
        }""",
        bodies,
    )  # fmt: skip
    assert checks == [codes.check_character(body) for body in bodies]
    assert [codes.parse_code(code) for code in drawn] == drawn
    assert len(set(drawn)) == len(drawn)
    assert tickets.hash_of(ticket[0]).hex() == ticket[1]
    assert ticket[2] == tickets.encode(b"\xff" * 16)
    queries = ["herion", "hero", "brwon", "bruin", "ketmine", "2fdck", "2-fluoro", "HÉROÏNE", "x", "", "zzzzzz", "suga"]
    with counter.lab.session() as session:
        kit = make_kit(session, actor=counter.lab.network.actors["worker"])
        known = [one.model_dump(mode="json") for one in kit.substances]
        hits = [library.search_substances(session, query=query, limit=5) for query in queries]
        theirs = [[str(hit.substance.id) for hit in found] for found in hits]
    ours = page.evaluate(
        """async ([known, queries]) => {
          const { index, search } = await import("/offline/files/x/search.js");
          const names = index(known);
          return queries.map((query) => search(names, query, 5).map((hit) => hit.id));
        }""",
        [known, queries],
    )
    assert ours == theirs
