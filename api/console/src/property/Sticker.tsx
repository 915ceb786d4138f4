/** The code of a lift, large enough to be printed and put up. */
import { useEffect, useState } from "preact/hooks";
import { newKey, post, why } from "../api";
import { t } from "../i18n";
import { liftName } from "../lift/name";
import type { Lift } from "../model";
import { tell } from "../store";
import { Dialog } from "../ui/Dialog";
import type { Sticker } from "../upkeep/model";
import { w } from "../upkeep/words";

export function StickerBox({ lift, close }: { lift: Lift; close: () => void }) {
  const [sticker, setSticker] = useState<Sticker | null>(null);
  const [sure, setSure] = useState(false);
  async function load(renew: boolean): Promise<void> {
    try {
      setSticker(await post<Sticker>(`/lifts/${encodeURIComponent(lift.lift_id)}/sticker`, { renew }, newKey()));
      setSure(false);
    } catch (error) {
      tell(w("failed", { why: why(error, t("form.network")) }), true);
    }
  }
  useEffect(() => void load(false), [lift.lift_id]);
  return (
    <Dialog title={w("qr.title", { name: liftName(lift) ?? lift.lift_id })} onClose={close}>
      <div class="sticker" data-testid="sticker-box">
        <div class="sticker-print">
          <strong>{w("qr.scan")}</strong>
          {sticker && <img alt={sticker.url} src={`data:image/svg+xml;base64,${btoa(sticker.picture)}`} />}
          <span>{liftName(lift)} · {t("lift.code")} <b class="num">{lift.rescue_code}</b></span>
          <span>{w("qr.trapped")}</span>
        </div>
        <p class="muted">{w("qr.more")}</p>
        {sticker && <p><a class="up-address" data-testid="sticker-url" href={sticker.url}>{sticker.url}</a></p>}
        <div class="form-foot">
          <button type="button" class="button strong" onClick={() => window.print()}>{w("qr.print")}</button>
          <button type="button" class="button" data-testid="sticker-renew" onClick={() => (sure ? void load(true) : setSure(true))}>{sure ? `${w("qr.renew")}?` : w("qr.renew")}</button>
        </div>
      </div>
    </Dialog>
  );
}
