/** Small pieces of the phone's pages: pictures, how sending stands, a fault beside its field. */
import { useEffect, useRef, useState } from "preact/hooks";
import { now, timeOfDay } from "../clock";
import type { Draft } from "./model";
import { photosOf, standing } from "./outbox";
import { keepPicture, noDisk, off, photos, waiting, waitingPhotos } from "./state";
import { w, type WordKey } from "./words";

/** A picture as small as a thumb, drawn from what the phone keeps. */
export function Thumb({ name }: { name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const photo = [...photos.value.values()].find((one) => one.name === name);
  useEffect(() => {
    let over = false;
    if (photo) {
      void createImageBitmap(photo.data).then((picture) => {
        const into = canvas.current;
        if (!over && into) {
          const scale = Math.max(into.width / picture.width, into.height / picture.height);
          const [x, y] = [(into.width - picture.width * scale) / 2, (into.height - picture.height * scale) / 2];
          into.getContext("2d")?.drawImage(picture, x, y, picture.width * scale, picture.height * scale);
        }
        picture.close();
      }).catch(() => undefined);
    }
    return () => void (over = true);
  }, [name, photo?.data]);
  return (
    <span class="thumb-box" data-testid="photo" data-sending={photo?.sending}>
      <canvas ref={canvas} width="96" height="96" aria-hidden="true" />
      {photo?.sending === "refused" && <span class="problem" role="alert">{w("net.photo_refused", { why: photo.why ?? "" })}</span>}
    </span>
  );
}

/** A button that opens the camera (or the gallery where there is none) and gives the picture's name. */
export function Shot({ lift, label, onPhoto, strong = false, testid }:
  { lift: string; label: string; onPhoto: (name: string) => void; strong?: boolean; testid: string }) {
  const [busy, setBusy] = useState(false);
  const take = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (!file) return;
    setBusy(true);
    try {
      onPhoto(await keepPicture(lift, file));
    } catch (error) {
      noDisk.value = String(error);
    } finally {
      setBusy(false);
      input.value = "";
    }
  };
  return (
    <label class={`button shot${strong ? " strong" : ""}`} data-testid={testid} aria-busy={busy}>
      {label}
      <input class="said" type="file" accept="image/jpeg,image/png,image/webp" capture="environment" onChange={(event) => void take(event.currentTarget)} />
    </label>
  );
}

export const Wrongs = ({ keys }: { keys: readonly WordKey[] }) => (
  <>{keys.map((key) => <p key={key} class="fault" role="alert" data-testid="fault" data-fault={key}>{w(key)}</p>)}</>
);

/** What of a visit, or of everything, is still on this phone only. Never says "sent" of what nobody has taken. */
export function Sync({ draft }: { draft?: Draft }) {
  const own = draft ? standing(draft) : { kept: waiting.value, refused: 0 };
  const names = draft ? photosOf(draft.ops) : null;
  const pictures = names ? [...photos.value.values()].filter((one) => one.lift_id === draft?.lift.lift_id && names.has(one.name) && one.sending === "kept").length : waitingPhotos.value;
  const quiet = own.kept === 0 && pictures === 0 && own.refused === 0;
  return (
    <p class={`sync${off.value ? " is-off" : ""}`} role="status" data-testid="sync" data-kept={own.kept} data-photos={pictures} data-refused={own.refused} data-off={off.value}>
      {off.value && <strong>{w("net.offline")}</strong>}
      {own.kept > 0 && <span>{w("net.waiting", { n: own.kept })}</span>}
      {pictures > 0 && <span>{w("net.photos", { n: pictures })}</span>}
      {own.refused > 0 && <strong class="warn">{w("net.refused", { n: own.refused })}</strong>}
      {quiet && (!draft || draft.ops.length > 0) && !off.value && <span>✓ {w("net.sent")}</span>}
    </p>
  );
}

export const NoDisk = () => (noDisk.value === null ? null : <p class="problem loud" role="alert" data-testid="no-disk">{w("net.no_disk", { why: noDisk.value })}</p>);

export const At = ({ at }: { at: string }) => <time class="num">{timeOfDay(Date.parse(at))}</time>;
/** Milliseconds of the phone's own clock, ticking: taps are told by it, not by the server's. */
export const phoneNow = (): number => {
  void now.value;
  return Date.now();
};
