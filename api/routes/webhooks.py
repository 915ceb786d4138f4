"""`/webhooks`: other people's servers that are told about incidents, signed by the Standard Webhooks scheme."""

import base64
import ipaddress
import secrets
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path
from starlette.responses import Response

from alerts.store import new_id
from api.deps import Admin, Answer, Context, Ctx, Pages, Writing
from api.directory import Webhook
from api.forms import WebhookForm
from api.problems import invalid, not_found
from api.reads import row, rows, run
from api.schemas import Page, Ref
from elevator.db import Connection

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

WebhookRef = Annotated[Ref, Path(description="id of a webhook")]
_SECRET_BYTES = 24  # the scheme allows 24 to 64


async def _check(tx: Connection, ctx: Context, form: WebhookForm) -> None:
    """Only https to public addresses, unless the installation allows more; what a name means is checked on sending."""
    parts = urlsplit(form.url)
    if not ctx.settings.webhook_private:
        if parts.scheme != "https":
            raise invalid("body.url", "messages about people go encrypted only", "https://host/path")
        if _is_private(parts.hostname or ""):
            raise invalid("body.url", "this is no public address", "https:// and a public host")
    if form.firm_id is not None and await row(tx, "firm", id=form.firm_id, only=None) is None:
        raise invalid("body.firm_id", "there is no such firm", "the id of a firm, or null")


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@router.get("", response_model=Page[Webhook])
async def webhooks(ctx: Ctx, _actor: Admin, pages: Pages) -> Response:
    """Where messages go; never the secrets."""
    (after,) = pages.after("webhooks", str)
    async with ctx.connection() as connection:
        found = await rows(connection, "webhooks", after=after, limit=pages.limit + 1)
    return pages.page("webhooks", found, found, "id")


@router.post("", response_model=Webhook, status_code=201)
async def add_webhook(ctx: Ctx, _actor: Admin, writing: Writing, form: WebhookForm) -> Response:
    """Enter a webhook; the answer holds its `secret`, this once (a repetition with the same key gives null)."""

    async def work(tx: Connection, now: datetime) -> Answer:
        await _check(tx, ctx, form)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        body = {"id": new_id(), "url": form.url, "firm_id": form.firm_id, "active": form.active}
        await run(tx, "add_webhook", secret=secret, now=now, **body)
        return Answer(body=body | {"secret": secret}, status=201, kept=body | {"secret": None})

    return await writing.once(work)


@router.put("/{webhook_id}", response_model=Webhook)
async def change_webhook(
    ctx: Ctx, _actor: Admin, writing: Writing, webhook_id: WebhookRef, form: WebhookForm
) -> Response:
    """Change where it goes, or whether it does; the secret stays."""

    async def work(tx: Connection, _now: datetime) -> Answer:
        await _check(tx, ctx, form)
        body = {"id": webhook_id, "url": form.url, "firm_id": form.firm_id, "active": form.active}
        if await row(tx, "save_webhook", **body) is None:
            raise not_found("webhook")
        return Answer(body=body)

    return await writing.once(work)


@router.delete("/{webhook_id}", status_code=204)
async def remove_webhook(_actor: Admin, writing: Writing, webhook_id: WebhookRef) -> Response:
    """No more messages there; what was waiting is given up."""

    async def work(tx: Connection, _now: datetime) -> Answer:
        if await row(tx, "remove_webhook", id=webhook_id) is None:
            raise not_found("webhook")
        return Answer(status=204)

    return await writing.once(work)
