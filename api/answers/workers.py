"""What the API answers about maintenance workers and their certificates."""

from api.schemas import Day, Shape


class CertificateItem(Shape):
    """What shows that somebody may do this work."""

    kind: str
    number: str
    valid_until: Day
    expired: bool


class WorkerItem(Shape):
    """Somebody who works at lifts; `qualified`: has a certificate that has not ended."""

    id: str
    firm_id: str
    name: str
    phone: str | None
    active: bool
    qualified: bool
    certificates: list[CertificateItem]
