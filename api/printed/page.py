"""A printed record: everything that a page for paper shows of a lift in a time, as one HTML document. Pure.

A4, black on white, one visit after the other, the table's head repeated on every sheet. It has no script, no address
and no style but its own; `POLICY` forbids a browser the rest.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from alerts.maintenance import folding
from alerts.maintenance.checks import limits
from alerts.maintenance.folding import Story
from alerts.maintenance.plans.plan import KIND_WORDS, Item, Plan, Text
from alerts.maintenance.visit import Signature
from api.printed.markup import Part, Safe, table, tag
from api.printed.words import ACTIONS, CLASSES, MARKS, OUTCOMES, STATES, WORDS

_SHOWN = 16  # characters of a seal
_ID = 36
_KINDS: dict[str, Text] = {str(kind): words for kind, words in KIND_WORDS.items()}
Row = Mapping[str, Any]

CSS = """
@page { size: A4; margin: 14mm 12mm; }
* { box-sizing: border-box; }
html { background: #ddd; }
body { font: 9.5pt/1.4 "Noto Sans CJK SC", "WenQuanYi Micro Hei", "PingFang SC", "Microsoft YaHei", sans-serif;
  color: #000; background: #fff; max-width: 210mm; margin: 0 auto; padding: 12mm; }
h1 { font-size: 16pt; margin: 0 0 2mm; } h2 { font-size: 12pt; margin: 6mm 0 2mm; border-bottom: .4mm solid #000; }
h3 { font-size: 10pt; margin: 4mm 0 1mm; break-after: avoid; }
table { width: 100%; border-collapse: collapse; } thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: .2mm solid #777; padding: .7mm 1.2mm; text-align: left; vertical-align: top;
  overflow-wrap: break-word; }
th { background: #eee; font-weight: 600; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr max-content 1fr; gap: .5mm 3mm; margin: 0; }
dt { color: #444; } dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.items td:nth-child(1), .items td:nth-child(3), .items td:nth-child(4) { white-space: nowrap; }
.bad { font-weight: 700; } .must { color: #444; font-size: 8.5pt; }
.seal, code { overflow-wrap: anywhere;
  font-family: ui-monospace, "DejaVu Sans Mono", "WenQuanYi Micro Hei Mono", monospace; font-size: 7.5pt; }
.alarm { border: .6mm solid #000; padding: 1mm 2mm; font-weight: 700; }
.signatures, .photos { display: flex; flex-wrap: wrap; gap: 3mm; }
figure { margin: 0; break-inside: avoid; } figcaption { font-size: 8pt; overflow-wrap: anywhere; }
.signatures figure { width: 56mm; border: .2mm solid #777; padding: 1mm; }
.drawn { display: block; width: 100%; height: 18mm; object-fit: contain; }
svg.drawn path { fill: none; stroke: #000; stroke-width: 1.5px; stroke-linecap: round; stroke-linejoin: round;
  vector-effect: non-scaling-stroke; }
.photos figure { width: 34mm; } .photo { display: block; width: 100%; height: 26mm; object-fit: cover; }
section.visit { break-before: page; }
@media print { html { background: none; } body { padding: 0; max-width: none; } }
"""
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(sha256(CSS.encode()).digest()).decode()}'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How a record's seals stand."""

    entries: int
    last: bytes | None  # of the last entry; None: not sealed yet
    broken: str | None  # the first entry that does not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A photo that a record names."""

    name: str
    photo_id: str | None = None  # None: has not come
    sent: str | None = None  # digest of the bytes as sent
    kept: str | None = None  # of the picture as kept; None: not known
    picture: Safe | None = None
    state: str | None = None  # a word, where there is no picture


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecord:
    """One visit."""

    row: Row
    story: Story
    plans: Mapping[str, Plan]
    sealed: Sealed
    signatures: Sequence[tuple[Signature, Safe | None]] = ()
    shots: Sequence[Shot] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRecord:
    """An order or an incident with the lines of its story."""

    row: Row
    lines: Sequence[Row]
    sealed: Sealed
    shots: Sequence[Shot] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """All that is printed."""

    lang: str
    offset_h: float
    lift: Row
    since: datetime
    before: datetime
    now: datetime
    by: str
    visits: Sequence[VisitRecord] = field(default=())
    orders: Sequence[OtherRecord] = field(default=())
    incidents: Sequence[OtherRecord] = field(default=())


def page(told: Print) -> str:
    """The document."""
    return _Printer(told).document()


@dataclass(slots=True)
class _Printer:
    told: Print

    def word(self, name: str, **values: Any) -> str:
        return WORDS[name][self.told.lang].format(**values)

    def of(self, words: Mapping[str, Text], name: str | None) -> str:
        return "–" if name is None else words[name][self.told.lang] if name in words else name

    def time(self, moment: datetime | None) -> str:
        if moment is None:
            return "–"
        return (moment + timedelta(hours=self.told.offset_h)).strftime("%Y-%m-%d %H:%M")

    def facts(self, *pairs: tuple[str, Part]) -> Safe:
        return tag("dl", [(tag("dt", self.word(name)), tag("dd", value or "–")) for name, value in pairs])

    def document(self) -> str:
        told = self.told
        body = [self.head()]
        if told.visits:
            body += [tag("h2", self.word("visits")), self.summary(), *(self.visit(one) for one in told.visits)]
        if told.orders:
            body += [tag("h2", self.word("orders")), *(self.order(one) for one in told.orders)]
        if told.incidents:
            body += [tag("h2", self.word("incidents")), *(self.incident(one) for one in told.incidents)]
        if not (told.visits or told.orders or told.incidents):
            body.append(tag("p", self.word("none")))
        body.append(self.proof())
        head = tag(
            "head", tag("meta", charset="utf-8"), tag("title", f"{self.word('title')} {told.lift['lift_id']}"),
            tag("style", Safe(CSS)),
        )  # fmt: skip
        lang = "zh-CN" if told.lang == "zh" else "en"
        return "<!doctype html>\n" + tag("html", head, tag("body", body), lang=lang)

    def head(self) -> Safe:
        told, lift = self.told, self.told.lift
        hours = f"{told.offset_h:+g}"
        part = None if lift["whole"] else tag("p", self.word("part", by=told.by), cls="alarm")
        facts = self.facts(
            ("lift", lift["name"]), ("lift_id", lift["lift_id"]), ("rescue_code", lift["rescue_code"]),
            ("lift_class", self.of(CLASSES, lift["lift_class"])), ("building", lift["building"]),
            ("address", lift["address"]), ("firm", lift["firm_name"]),
            ("period", f"{self.time(told.since)} – {self.time(told.before)}"),
            ("printed", f"{self.time(told.now)}, {self.word('by')} {told.by}"),
        )  # fmt: skip
        return tag("header", tag("h1", self.word("title")), facts, part, tag("p", self.word("zone", offset=hours)))

    def summary(self) -> Safe:
        head = [self.word(name) for name in ("arrived", "kind", "state", "workers", "marks", "seal")]
        rows = [
            [
                self.time(one.row["began_at"]), self.of(_KINDS, one.row["kind"]), self.of(STATES, one.row["state"]),
                ", ".join(person.name for person in one.story.visit.workers), self.marks(one.row["marks"]),
                self.seal(one.sealed),
            ]
            for one in self.told.visits
        ]  # fmt: skip
        return table(head, rows)

    def marks(self, codes: Sequence[str]) -> str:
        return ", ".join(self.of(MARKS, code) for code in codes) or "–"

    def seal(self, sealed: Sealed) -> Safe:
        if sealed.broken is not None:
            return tag("span", f"{self.word('broken')}: {sealed.broken}", cls="bad")
        if sealed.last is None:
            return tag("span", self.word("not_sealed", n=sealed.entries), cls="seal")
        told = self.word("sealed", n=sealed.entries, seal=sealed.last.hex()[:_SHOWN])
        return tag("span", f"{told} {self.word('fits')}", cls="seal")

    def visit(self, one: VisitRecord) -> Safe:
        done, row = one.story.visit, one.row
        items = folding.items_of(done, one.plans)
        workers = ", ".join(
            f"{person.name} ({self.word('until')} {person.valid_until or '–'})" for person in done.workers
        )
        facts = self.facts(
            ("state", self.of(STATES, row["state"])), ("workers", workers),
            ("arrived", f"{self.time(row['began_at'])} ({self.word('received')} {self.time(row['checked_in_at'])})"),
            ("left", f"{self.time(row['left_at'])} ({self.word('received')} {self.time(row['checked_out_at'])})"),
            ("firm", row["firm_name"]), ("plan", self.plan(one)), ("marks", self.marks(row["marks"])),
            ("seal", self.seal(one.sealed)),
        )  # fmt: skip
        parts = [f"{part.name} × {part.count:g}" + (f" ({part.number})" if part.number else "") for part in done.parts]
        notes = [f"{note['by']}: {note['text']}" for note in done.notes]
        head = [self.word(name) for name in ("code", "item", "outcome", "value", "remark")]
        return tag(
            "section",
            tag("h3", f"{self.word('visit')}: {self.of(_KINDS, row['kind'])}, {self.time(row['began_at'])}"),
            facts,
            tag("p", tag("code", row["id"])),
            done.void_reason and tag("p", f"{self.word('void_reason')}: {done.void_reason}", cls="alarm"),
            table(head, [self.item(code, item, one) for code, item in items.items()], "items") if items else None,
            self.listed("parts", parts),
            self.listed("notes", notes),
            self.photos(one.shots),
            self.signed(one),
            cls="visit",
        )

    def plan(self, one: VisitRecord) -> str:
        plan = one.plans.get(one.story.visit.plan_id or "")
        return "–" if plan is None else f"{plan.title[self.told.lang]}, {plan.version}"

    def item(self, code: str, item: Item, one: VisitRecord) -> list[Part]:
        found = one.story.visit.results.get(code)
        name, must = (item.zh, item.must_zh) if self.told.lang == "zh" else (item.en, item.must_en)
        bounds = limits(item)
        required = f"{must} ({bounds} {item.unit})" if bounds else must
        outcome = self.of(OUTCOMES, str(found.outcome) if found else "none")
        bad = found is None or found.outcome == "abnormal"
        value = f"{found.value:g} {item.unit or ''}" if found and found.value is not None else ""
        shots = ", ".join(_short(photo) for photo in found.photos) if found else ""
        named = tag("div", f"{self.word('photos')}: {shots}", cls="seal") if shots else None
        remark = [found.text if found else "", named]
        return [code, [name, tag("div", required, cls="must")], tag("span", outcome, cls="bad" if bad else None),
                value, remark]  # fmt: skip

    def listed(self, name: str, lines: Sequence[str]) -> Safe | None:
        if not lines:
            return None
        return tag("div", tag("h3", self.word(name)), tag("ul", [tag("li", line) for line in lines]))

    def photos(self, shots: Sequence[Shot]) -> Safe | None:
        if not shots:
            return None
        figures = [
            tag(
                "figure",
                one.picture,
                tag(
                    "figcaption", tag("code", f"{_short(one.name)} SHA-256 {one.kept or one.sent or '–'}"),
                    one.state and tag("div", self.word(one.state), cls="bad"),
                ),
            )
            for one in shots
        ]  # fmt: skip
        return tag("div", tag("h3", self.word("photos")), tag("div", figures, cls="photos"))

    def signed(self, one: VisitRecord) -> Safe:
        figures = []
        for signature, drawn in one.signatures:
            role = self.word("worker" if signature.worker_id else "officer")
            told = f"{role}: {signature.name}, {self.time(signature.done_at)}"
            shown = drawn or tag("div", self.word("cannot_draw"), cls="bad")
            figures.append(tag("figure", shown, tag("figcaption", told)))
        if one.story.visit.countersigned is None:
            figures.append(tag("figure", tag("figcaption", self.word("no_officer"), cls="bad")))
        return tag("div", tag("h3", self.word("signatures")), tag("div", figures, cls="signatures"))

    def order(self, one: OtherRecord) -> Safe:
        row = one.row
        head = [self.word(name) for name in ("when", "who", "what", "text")]
        lines = [
            [
                self.time(line["at"]), line["actor"]["name"], self.of(ACTIONS, line["action"]),
                [line["text"] or "", [tag("div", _short(name), cls="seal") for name in line["photos"]]],
            ]
            for line in one.lines
        ]  # fmt: skip
        title = f"{self.word('order')}: {row['text']} ({self.of(STATES, row['state'])})"
        return tag(
            "section", tag("h3", title), tag("p", tag("code", row["id"]), " ", self.seal(one.sealed)),
            table(head, lines), self.photos(one.shots),
        )  # fmt: skip

    def incident(self, one: OtherRecord) -> Safe:
        row = one.row
        head = [self.word(name) for name in ("when", "who", "what", "text")]
        lines = [
            [self.time(line["at"]), line["actor"]["name"], line["action"], line["note"] or line["reason"] or ""]
            for line in one.lines
        ]
        title = (
            f"{self.word('incident')}: {row['kind']} {row['reason']} ({row['state']}), {self.time(row['opened_at'])}"
        )
        return tag(
            "section", tag("h3", title), tag("p", tag("code", row["id"]), " ", self.seal(one.sealed)),
            table(head, lines),
        )  # fmt: skip

    def proof(self) -> Safe:
        told = self.told
        since, before = (one.strftime("%Y-%m-%dT%H:%M:%SZ") for one in (told.since, told.before))
        get = f"GET /api/v1/lifts/{told.lift['lift_id']}/records?from={since}&to={before}  >  records.json"
        rows = [
            [self.word(kind), tag("code", one.row["id"]), str(one.sealed.entries),
             tag("code", one.sealed.last.hex() if one.sealed.last else "–")]
            for kind, records in (("visit", told.visits), ("order", told.orders), ("incident", told.incidents))
            for one in records
        ]  # fmt: skip
        head = [self.word("kind"), "id", "n", self.word("seal")]
        return tag(
            "section", tag("h2", self.word("proof")), tag("p", self.word("proof_1")), tag("p", tag("code", get)),
            tag("p", tag("code", "liftline verify records.json --heads seals/")), tag("p", self.word("proof_2")),
            table(head, rows) if rows else None,
        )  # fmt: skip


def _short(name: str) -> str:
    """A photo's name as people compare it: an id whole, a digest by its beginning."""
    return name if len(name) <= _ID else f"{name[:_SHOWN]}…"
