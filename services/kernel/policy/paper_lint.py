"""What is wrong with a form's paper: a place that nobody fills, a field that stands nowhere, too small a sheet."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from services.kernel.policy.facts import Facts, sub, text, texts, token
from services.kernel.policy.pack import Pack
from services.kernel.policy.paper import (
    INSTANT_PARTS,
    MARGIN_MM,
    RECORDED,
    RECORDED_INSTANTS,
    SHEET_MM,
    DoesNotFit,
    How,
    Paper,
    Place,
    fields_of,
    paper_of,
)

Says = tuple[str, str]  # what is wrong, and what to do instead
_ENDS: Final = (".from", ".to")


def paper_flaws(pack: Pack, form: Facts) -> Iterator[Says]:
    """Yield every flaw of one form's paper with its remedy."""
    try:
        paper = paper_of(form)
    except DoesNotFit as wrong:
        yield f"row {wrong.row + 1} of the paper: {wrong}", "make the spans of its cells fill the columns exactly"
        return
    if paper is not None:
        yield from _about(pack, paper)
        yield from _sheet(paper)
        yield from _languages(paper)
        yield from _places(pack, form, paper)
        yield from _lacking(form, paper)


def two_papers(forms: Mapping[str, Facts]) -> Iterator[tuple[str, str]]:
    """Yield file and kind of request for every kind that two forms want to print."""
    kinds = {file: texts(sub(form, "paper").get("kinds")) for file, form in forms.items()}
    count = Counter(kind for each in kinds.values() for kind in each)
    yield from ((file, kind) for file, each in kinds.items() for kind in each if count[kind] > 1)


def _about(pack: Pack, paper: Paper) -> Iterator[Says]:
    for kind in sorted(paper.kinds - set(pack.requests)):
        yield f"paper.kinds names {kind!r}", "name kinds of requests that the pack has"
    if paper.chain and paper.chain not in pack.chains:
        yield f"there is no chain {paper.chain!r}", "name the chain whose decisions it shows"


def _sheet(paper: Paper) -> Iterator[Says]:
    for cell in paper.cells:
        if cell.left + cell.width > SHEET_MM[0] - MARGIN_MM + 0.01 or cell.top + cell.height > SHEET_MM[1] - MARGIN_MM:
            yield "the paper is larger than A4 within its margins", "columns add up to 180 mm at most, rows to 267 mm"
            return


def _languages(paper: Paper) -> Iterator[Says]:
    for cell in paper.cells:
        for language in paper.languages:
            if cell.lines and language not in cell.lines:
                yield f"a cell of the paper isn't there in {language}", f"add {language}, or drop it from languages"


def _places(pack: Pack, form: Facts, paper: Paper) -> Iterator[Says]:
    types = {text(each.get("fact")): text(each.get("type")) for each in fields_of(form)}
    for cell in paper.cells:
        for piece in (piece for lines in cell.lines.values() for line in lines for piece in line):
            if isinstance(piece, Place):
                yield from _place(pack, form, types, piece)
            elif "{" in piece or "}" in piece:
                yield f"{piece.strip()!r} is no place to fill in", "write {name}, {year:name}, {box:name=word}, ..."


def _place(pack: Pack, form: Facts, types: Mapping[str, str], place: Place) -> Iterator[Says]:
    if place.how is How.SIGNATURE:
        yield from _signature(form, place)
    elif not _known(types, place.name):
        yield f"nobody fills in {place.name!r}", "list it under sections, or use a name that the log records"
    elif place.how in INSTANT_PARTS and not _is_instant(types, place.name):
        yield f"{place.name!r} is no time", "write it as {name}, or give the field the type date, time or interval"
    elif place.how is How.BOX:
        known = pack.vocabulary.get(place.name)
        if known is not None and token(place.word) not in known:
            yield f"{place.name} can't be {place.word!r}", f"spell it as in vocabulary.values.{place.name}"


def _signature(form: Facts, place: Place) -> Iterator[Says]:
    result = sub(form, "result")
    known = {*texts(form.get("signatures")), *(f"result.{role}" for role in texts(result.get("signed_by")))}
    if place.name not in known:
        yield f"{place.name!r} doesn't sign this form", f"use one of {', '.join(sorted(known))}"


def _known(types: Mapping[str, str], name: str) -> bool:
    return name in RECORDED or name in types or _interval(types, name)


def _is_instant(types: Mapping[str, str], name: str) -> bool:
    return name in RECORDED_INSTANTS or types.get(name) in {"date", "time"} or _interval(types, name)


def _interval(types: Mapping[str, str], name: str) -> bool:
    return any(name.endswith(end) and types.get(name.removesuffix(end)) == "interval" for end in _ENDS)


def _lacking(form: Facts, paper: Paper) -> Iterator[Says]:
    shown = {place.name for cell in paper.cells for place in cell.places()}
    shown |= {name.removesuffix(end) for name in shown for end in _ENDS if name.endswith(end)}
    signed = {p.name for cell in paper.cells for p in cell.places() if p.how is How.SIGNATURE}
    for each in fields_of(form):
        if text(each.get("fact")) not in shown and each.get("printed") is not False:
            yield f"{text(each.get('fact'))} stands nowhere on the paper", "give it a place, or say printed: false"
    for step in texts(form.get("signatures")):
        if step not in signed:
            yield f"nobody can sign {step!r} on the paper", f"give {{signature:{step}}} a place"
