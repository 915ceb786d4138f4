/** Whether a visit happened, as telemetry and records say it: evidence in sentences, and never a verdict. */
import { get } from "../api";
import { now } from "../clock";
import { say } from "../i18n";
import type { Page } from "../model";
import { href } from "../router";
import { useLoaded } from "./load";
import type { Plausibility, PlausibleVisit } from "./model";
import { nameOf, When } from "./parts";
import { said, w } from "./words";

const DAYS = 30;

/** Of one visit, with all its evidence. */
export function Evidence({ visit }: { visit: string }) {
  const { data } = useLoaded(() => get<Plausibility>(`/visits/${encodeURIComponent(visit)}/plausibility`), [visit]);
  if (!data) return null;
  return (
    <section data-testid="plausibility" data-level={data.level ?? ""}>
      <h2>{w("plausible.title")}</h2>
      <p><strong>{data.level === null ? w("plausible.not_yet") : say(data.text)}</strong> <span class="muted">{say(data.note)}</span></p>
      {data.evidence.length > 0 && <Pieces of={data.evidence} />}
    </section>
  );
}

const sign = (points: number): string => (points > 0 ? "+" : points < 0 ? "–" : "·");

const Pieces = ({ of }: { of: Plausibility["evidence"] }) => (
  <ul class="up-pieces">{of.map((one, i) => <li key={`${one.code}${i}`} data-code={one.code}><span class="num" aria-hidden="true">{sign(one.points)}</span> {say(one.text)}</li>)}</ul>
);

/** Visits that one should ask about, the newest first. */
export function Doubtful({ filter }: { filter: string }) {
  const since = new Date(now.peek() - DAYS * 86_400_000).toISOString();
  const { data } = useLoaded(() => get<Page<PlausibleVisit>>(`/maintenance/plausibility?level=doubtful&limit=20&from=${encodeURIComponent(since)}${filter}`), [filter]);
  if (!data) return null;
  return (
    <section data-testid="doubtful">
      <h2>{w("plausible.list")}</h2>
      <p class="muted">{data.items.length === 0 ? w("plausible.none") : w("plausible.note")}</p>
      <ul>{data.items.map((one) => (
        <li key={one.visit}>
          <a class="up-row" data-testid="doubtful-row" data-visit={one.visit} href={href("record", one.visit)}>
            <span class="grow">
              <strong class="cut block">{nameOf(one)}</strong>
              <span class="muted cut block">{[one.firm_name, one.kind && said("kind", one.kind), one.workers.join("、")].filter(Boolean).join(" · ")}</span>
              {one.evidence.filter((piece) => piece.points < 0).slice(0, 2).map((piece, i) => <span key={`${piece.code}${i}`} class="block">– {say(piece.text)}</span>)}
            </span>
            <span class="up-kinds"><When at={one.began_at} /></span>
          </a>
        </li>
      ))}</ul>
    </section>
  );
}
