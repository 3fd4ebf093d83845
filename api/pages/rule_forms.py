"""A rule and a group of substances as forms: what stands in the file, and back, with faults beside their fields."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alerts.rules.checking import Fault
from alerts.vocabulary import LANGUAGES
from api.pages.forms import Form, decimal
from templates.i18n import Translator

_LISTS = ("tiers", "roles", "forms", "adverse_events")
_FLAGS = ("unexpected", "expected_absent", "new_in_network")
_CHOICES = ("found", "sold_as", "evidence", "unidentified_by")
_SALT = {"salt_base": "base_g_mol", "salt_salt": "salt_g_mol", "salt_source": "source"}
_DOSE = ("substance", "form", "above_mg", "up_to_mg")


def rule_form(values: Mapping[str, Any], *, reason: str = "") -> Form:
    """A rule of the file as a form."""
    when: Mapping[str, Any] = values.get("when", {})
    cells: dict[str, Sequence[str]] = {
        "id": [str(values.get("id", ""))],
        "tiers": [str(tier) for tier in values.get("tiers", ())],
        "sources": ["\n".join(values.get("sources", ()))],
        "message": [str(values.get("message", ""))],
        "reason": [reason],
    }
    cells |= {name: [str(one) for one in when.get(name, ())] for name in _LISTS if name != "tiers"}
    cells |= {name: [str(when[name])] for name in (*_CHOICES, "more_actives_than") if name in when}
    cells |= {name: ["yes"] for name in _FLAGS if when.get(name)}
    if values.get("confirmation_request"):
        cells["confirmation_request"] = ["yes"]
    cells |= {f"cluster_{name}": [str(value)] for name, value in when.get("cluster", {}).items()}
    cells |= _dose_cells(when.get("dose", {}))
    for language, words in values.get("words", {}).items():
        cells[f"{language}_headline"], cells[f"{language}_risk"] = [words["headline"]], [words["risk"]]
        cells[f"{language}_advice"] = ["\n".join(words["advice"])]
    return Form(cells)


def _dose_cells(dose: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    cells: dict[str, Sequence[str]] = {f"dose_{name}": [str(dose[name])] for name in _DOSE if name in dose}
    cells["dose_techniques"] = [str(one) for one in dose.get("techniques", ())]
    salt = dose.get("salt", {})
    return cells | {cell: [str(salt[name])] for cell, name in _SALT.items() if name in salt}


def rule_values(form: Form) -> dict[str, Any]:
    """The form as a rule of the file; what cannot be a number stays text, for the check to refuse beside its field."""
    values: dict[str, Any] = {"id": form.get("id").strip(), "tiers": list(form.all("tiers"))}
    if form.get("confirmation_request"):
        values["confirmation_request"] = True
    if form.get("message"):
        values["message"] = form.get("message")
    values["when"] = _when(form)
    values["sources"] = _lines(form.get("sources"))
    words = _words(form)
    return values | ({"words": words} if words else {})


def _when(form: Form) -> dict[str, Any]:
    when: dict[str, Any] = {name: form.get(name) for name in _CHOICES if form.get(name)}
    when |= {name: list(form.all(name)) for name in _LISTS if name != "tiers" and form.all(name)}
    when |= {name: True for name in _FLAGS if form.get(name)}
    if form.get("more_actives_than").strip():
        when["more_actives_than"] = _number(form.get("more_actives_than"))
    cluster = {
        name: _number(form.get(f"cluster_{name}")) for name in ("results", "days") if form.get(f"cluster_{name}")
    }
    if cluster:
        when["cluster"] = cluster
    dose = _dose(form)
    return when | ({"dose": dose} if dose else {})


def _dose(form: Form) -> dict[str, Any]:
    dose: dict[str, Any] = {
        name: form.get(f"dose_{name}").strip() for name in _DOSE if form.get(f"dose_{name}").strip()
    }
    dose |= {name: _number(dose[name]) for name in ("above_mg", "up_to_mg") if name in dose}
    if form.all("dose_techniques"):
        dose["techniques"] = list(form.all("dose_techniques"))
    salt: dict[str, Any] = {name: form.get(cell).strip() for cell, name in _SALT.items() if form.get(cell).strip()}
    salt |= {name: _number(salt[name]) for name in ("base_g_mol", "salt_g_mol") if name in salt}
    return dose | ({"salt": salt} if salt else {})


def _words(form: Form) -> dict[str, Any]:
    words: dict[str, Any] = {}
    for language in LANGUAGES:
        typed = {name: form.get(f"{language}_{name}").strip() for name in ("headline", "risk", "advice")}
        if any(typed.values()):
            words[language] = typed | {"advice": _lines(typed["advice"])}
    return words


def _number(text: str) -> int | float | str:
    plain = decimal(text.strip())
    try:
        return int(plain) if plain.lstrip("-").isdecimal() else float(plain)
    except ValueError:
        return text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def group_form(values: Mapping[str, Any]) -> Form:
    """A group of the file as a form."""
    return Form(
        {
            "id": [str(values.get("id", ""))],
            "classes": ["\n".join(values.get("classes", ()))],
            "substances": ["\n".join(values.get("substances", ()))],
            "source": [str(values.get("source", ""))],
        }
    )


def group_values(form: Form) -> dict[str, Any]:
    """The form as a group of the file."""
    values: dict[str, Any] = {"id": form.get("id").strip()}
    values |= {name: _lines(form.get(name)) for name in ("classes", "substances") if _lines(form.get(name))}
    return values | {"source": form.get("source").strip()}


def errors_of(faults: Iterable[Fault], translator: Translator, *, kind: str, name: str) -> dict[str, str]:
    """What is wrong, by field of the form of ``name``; what lies elsewhere in the file belongs to the whole form."""
    errors: dict[str, str] = {}
    for fault in faults:
        said = translator.text(f"rules.fault.{fault.code}", **fault.params)
        here = fault.where[:2] == (kind, name) or (len(fault.where) > 2 and fault.where[0] == kind and not name)
        field = _field(fault.where[2:]) if here else ""
        errors.setdefault(field, said if here else f"{'.'.join(fault.where)}: {said}")
    return errors


def _field(place: Sequence[str]) -> str:
    path = [part for part in place if part != "when" and not part.isdecimal()]
    if not path:
        return "found"  # no condition at all: the first that could be given
    if path[0] == "words":
        return f"{path[1]}_{path[2]}" if len(path) > 2 else f"{path[1] if len(path) > 1 else LANGUAGES[0]}_headline"
    if path[:2] == ["dose", "salt"]:
        name = path[2] if len(path) > 2 else "salt_g_mol"
        return next((cell for cell, one in _SALT.items() if one == name), "salt_salt")
    return "_".join(path[:2]) if path[0] in {"dose", "cluster"} and len(path) > 1 else path[0]
