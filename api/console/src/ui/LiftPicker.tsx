/** Finding one lift by what a caller can say: the code in the car, a name, an address. */
import { liftName } from "../lift/name";
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api";
import { t } from "../i18n";
import type { Lift, Page } from "../model";
import { open } from "../store";

const PAUSE = 160; // ms after the last letter

/** Lifts that match `text`; the newest question wins, however late an older answer comes. */
export function useLiftSearch(text: string, limit = 5): { found: Lift[]; loading: boolean } {
  const [found, setFound] = useState<Lift[]>([]);
  const [loading, setLoading] = useState(false);
  const asked = useRef(0);
  useEffect(() => {
    asked.current += 1;
    const mine = asked.current;
    if (text.trim() === "") {
      setFound([]);
      setLoading(false);
      return;
    }
    setLoading(true);
    const timer = setTimeout(() => {
      void get<Page<Lift>>(`/lifts?q=${encodeURIComponent(text.trim())}&limit=${limit}`)
        .then((page) => mine === asked.current && setFound(page.items))
        .catch(() => mine === asked.current && setFound([]))
        .finally(() => mine === asked.current && setLoading(false));
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text, limit]);
  return { found, loading };
}

export function LiftLine({ lift }: { lift: Lift }) {
  const incident = open.value.find((one) => one.lift_id === lift.lift_id);
  return (
    <>
      <span class="grow">
        <span class="cut block"><strong>{liftName(lift)}</strong> <span class="muted num">{lift.rescue_code}</span></span>
        <span class="cut block muted">{lift.address ?? lift.building ?? lift.lift_id}</span>
      </span>
      {incident && <span class="tag">{incident.priority} {t("find.incident")}</span>}
    </>
  );
}

interface Props { picked: Lift | null; onPick: (lift: Lift | null) => void }

export function LiftPicker({ picked, onPick }: Props) {
  const [text, setText] = useState("");
  const [choice, setChoice] = useState<Lift | null>(picked);
  const { found, loading } = useLiftSearch(choice ? "" : text);
  const pick = (lift: Lift | null): void => {
    setChoice(lift);
    onPick(lift);
  };
  if (choice) {
    return (
      <div class="field">
        <span>{t("form.lift")}</span>
        <div class="picked" data-testid="picked-lift">
          <LiftLine lift={choice} />
          <button type="button" class="button" onClick={() => pick(null)}>{t("back")}</button>
        </div>
      </div>
    );
  }
  return (
    <div class="field">
      <label class="field">
        <span>{t("form.lift")}</span>
        <input type="search" data-testid="lift-picker" autofocus autocomplete="off" placeholder={t("form.lift_find")} value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              if (found[0]) pick(found[0]);
            }
          }} />
      </label>
      <ul class="found">
        {found.map((lift) => (
          <li key={lift.lift_id}><button type="button" class="found-row" onClick={() => pick(lift)}><LiftLine lift={lift} /></button></li>
        ))}
        {!loading && text.trim() !== "" && found.length === 0 && <li class="muted">{t("lifts.none")}</li>}
      </ul>
    </div>
  );
}
