"""Who people, firms, crews and programs are, as the API answers and OpenAPI documents it."""

from api.schemas import Shape, Time


class Person(Shape):
    """Who is signed in."""

    id: str
    login: str
    name: str
    role: str
    firm_id: str | None
    unit_id: str | None
    building: str | None


class Me(Shape):
    """The session."""

    user: Person
    csrf: str
    now: Time


class Firm(Shape):
    """A maintenance firm or rescue organisation."""

    id: str
    name: str
    phone: str | None
    active: bool


class Unit(Firm):
    """A crew of a firm."""

    firm_id: str


class User(Person):
    """A person who may sign in."""

    active: bool


class Token(Shape):
    """A program that may call; `token` once, on creation."""

    id: str
    name: str
    role: str
    firm_id: str | None
    unit_id: str | None
    building: str | None
    created_at: Time
    last_used_at: Time | None


class Webhook(Shape):
    """Where messages go; `secret` once, on creation."""

    id: str
    url: str
    firm_id: str | None
    active: bool
