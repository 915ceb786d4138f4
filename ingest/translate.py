"""Makers' codes into ours, by the table of the lift (`elevator.codes`); what the lift said is kept beside. Pure.

An event that says "no fault" becomes the mode event `automatic_running`: it is history, and opens and ends nothing.
"""

from msgspec import structs

from elevator import faults
from elevator.codes import NOTHING, Book
from elevator.model import Event, Sample
from ingest.normalise import Reading

_NO_FAULT = "automatic_running"


def into_ours(reading: Reading, book: Book, model: str | None) -> None:
    """Translate the codes of a message.

    Args:
        reading: its items are replaced; `said` and `strange` are filled.
        book: the tables.
        model: of the lift.
    """
    for number, item in enumerate(reading.items):
        if isinstance(item, Sample):
            if item.faults:
                _sample(reading, number, item, book, model)
        elif isinstance(item, Event) and (item.code not in faults.CATALOGUE or item.code == faults.OTHER):
            _event(reading, number, item, book, model)


def _sample(reading: Reading, number: int, sample: Sample, book: Book, model: str | None) -> None:
    ours: list[str] = []
    for said in sample.faults:
        found = book.read(said, model, reading.spoken)
        if found is None:
            reading.strange.append((number, said))
        code = said if found is None else found
        if code is not NOTHING and code not in ours:
            ours.append(code)
    if ours != sample.faults:
        reading.said[number] = list(sample.faults)
        reading.items[number] = structs.replace(sample, faults=ours)


def _event(reading: Reading, number: int, event: Event, book: Book, model: str | None) -> None:
    said = [event.code] if event.code != faults.OTHER else []
    if event.raw is not None and event.raw != event.code and not book.names_table(event.code):
        said.append(event.raw)
    for one in said:
        found = book.read(one, model, reading.spoken)
        if found is not None:
            reading.said[number] = [event.code]
            reading.items[number] = structs.replace(
                event, code=_NO_FAULT if found is NOTHING else found, raw=event.raw or event.code
            )
            return
    if said and event.active:
        reading.strange.append((number, said[-1]))
