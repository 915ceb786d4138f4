/** The shaft drawn to its landings with the car in it, and the car close up with doors that really open. */
import { useRef } from "preact/hooks";
import { t } from "../i18n";
import type { Door, Lift, LiftState, Sample } from "../model";
import { carHeight, heights, labelled, landingsOf, learned, placeOfCar } from "./landings";

const OPENING: Record<Door, number> = { closed: 0, closing: 0.4, opening: 0.6, open: 1, unknown: 0 };
const METRE = 44; // px of the close-up
const CAR = 2.3; // m
const WIDE = 196;
const HIGH = 300;

/** Landing names and heights of a lift, getting better with every sample seen. */
export function useLandings(lift: Lift, samples: readonly Sample[]): { landings: string[]; metres: number[] } {
  const known = useRef<{ id: string; heights: Map<string, number>; seen: Set<string> }>({ id: "", heights: new Map(), seen: new Set() });
  if (known.current.id !== lift.lift_id) known.current = { id: lift.lift_id, heights: new Map(), seen: new Set() };
  const now = lift.state?.sample;
  const all = now ? [...samples, now] : samples;
  for (const [floor, height] of learned(all)) known.current.heights.set(floor, height);
  for (const sample of all) if (sample.floor) known.current.seen.add(sample.floor);
  const landings = landingsOf(lift.floors, [...known.current.seen]);
  return { landings, metres: heights(landings, known.current.heights) };
}

interface Props { lift: Lift; samples: readonly Sample[]; tall?: boolean }

export function Shaft({ lift, samples, tall = false }: Props) {
  const { landings, metres } = useLandings(lift, samples);
  const sample = lift.state?.sample ?? null;
  const height = carHeight(sample, landings, metres);
  const place = placeOfCar(sample, landings, metres);
  const own = sample?.floor ? landings.indexOf(sample.floor) : -1;
  const words = !place ? t("unknown") : place.kind === "at" ? place.floor : t("lift.between", { a: place.a, b: place.b });
  return (
    <div class={`shaft${tall ? " tall" : ""}`} role="img" aria-label={`${t("lift.floor")}: ${words}`}>
      <Scheme landings={landings} metres={metres} height={height} own={own} tall={tall} state={lift.state} />
      <CloseUp landings={landings} metres={metres} height={height} state={lift.state} />
    </div>
  );
}

interface Drawn { landings: readonly string[]; metres: readonly number[]; height: number | null; state: LiftState | null }

function Scheme({ landings, metres, height, own, tall, state }: Drawn & { own: number; tall: boolean }) {
  const high = tall ? 400 : HIGH;
  const pad = 14;
  const top = metres[metres.length - 1] ?? 0;
  const base = metres[0] ?? 0;
  const scale = (high - 2 * pad) / Math.max(1, top - base + CAR);
  const y = (metre: number): number => high - pad - (metre - base) * scale;
  const names = labelled(landings.length, Math.floor((high - 2 * pad) / 19), own);
  const size = Math.max(7, CAR * scale);
  return (
    <svg class="scheme" viewBox={`0 0 92 ${high}`} width="92" height={high} aria-hidden="true">
      <rect class="well" x="46" y={pad - 8} width="34" height={high - 2 * pad + 16} />
      {landings.map((name, i) => (
        <g key={name + String(i)}>
          <line class="sill" x1="40" x2="80" y1={y(metres[i] ?? 0)} y2={y(metres[i] ?? 0)} />
          {names.has(i) && <text class={i === own ? "own" : ""} x="35" y={y(metres[i] ?? 0) - size / 2 + 5 > 12 ? y(metres[i] ?? 0) - Math.min(size / 2, 8) + 5 : 12} text-anchor="end">{name}</text>}
        </g>
      ))}
      {height !== null && (
        <g class="glide" style={{ transform: `translateY(${y(height)}px)` }}>
          <rect class={`car${state?.online === false ? " stale" : ""}`} x="49" y={-size} width="28" height={size} />
          {state?.occupied && <circle class="rider" cx="63" cy={-size / 2} r={Math.min(4, size / 3)} />}
        </g>
      )}
    </svg>
  );
}

function CloseUp({ landings, metres, height, state }: Drawn) {
  const sample = state?.sample ?? null;
  const at = height ?? 0;
  const sill = HIGH / 2 + (CAR * METRE) / 2;
  const door = sample?.door ?? "unknown";
  const gap = OPENING[door] ?? 0;
  const dark = sample?.power === "off";
  const carTop = sill - CAR * METRE;
  const left = 66;
  const wide = 92;
  const leaf = wide / 2 - 2;
  return (
    <svg class="closeup" viewBox={`0 0 ${WIDE} ${HIGH}`} width={WIDE} height={HIGH} aria-hidden="true">
      <rect class="well" x="50" y="0" width={WIDE - 54} height={HIGH} />
      {height !== null && (
        <g class="glide" style={{ transform: `translateY(${(at * METRE).toFixed(1)}px)` }}>
          {landings.map((name, i) => {
            const y = sill - (metres[i] ?? 0) * METRE;
            return (
              <g key={name + String(i)}>
                <line class="floor" x1="6" x2={WIDE} y1={y} y2={y} />
                {y + at * METRE > 26 && <text class="landing" x="8" y={y - 8}>{name}</text>}
              </g>
            );
          })}
        </g>
      )}
      {height === null && <text class="landing" x={left + wide / 2} y={HIGH / 2} text-anchor="middle">{t("unknown")}</text>}
      {height !== null && (
        <g class={state?.online === false ? "stale" : ""}>
          <line class="rope" x1={left + wide / 2} x2={left + wide / 2} y1="0" y2={carTop} />
          <rect class={dark ? "cabin dark" : "cabin"} x={left} y={carTop} width={wide} height={CAR * METRE} />
          {state?.occupied === true && <Person x={left + wide / 2} y={sill} />}
          {state?.occupied === null && <text class="ask" x={left + wide / 2} y={sill - 34} text-anchor="middle">?</text>}
          <svg x={left} y={carTop} width={wide} height={CAR * METRE} overflow="hidden">
            <g class="leaf" style={{ transform: `translateX(${(-gap * leaf).toFixed(1)}px)` }}><rect x="1" y="8" width={leaf} height={CAR * METRE - 8} /></g>
            <g class="leaf" style={{ transform: `translateX(${(gap * leaf).toFixed(1)}px)` }}><rect x={wide / 2 + 1} y="8" width={leaf} height={CAR * METRE - 8} /></g>
            {door === "unknown" && <text class="ask" x={wide / 2} y="32" text-anchor="middle">?</text>}
          </svg>
          <rect class="hull" x={left} y={carTop} width={wide} height={CAR * METRE} />
          {sample?.direction === "up" && <path class="way" d={`M${left + wide + 14} ${carTop + 50} l9 16 h-18z`} />}
          {sample?.direction === "down" && <path class="way" d={`M${left + wide + 14} ${carTop + 66} l9 -16 h-18z`} />}
          {dark && <path class="bolt" d={`M${left + wide - 16} ${carTop + 12} l-8 14 h7 l-5 12 12 -17 h-7 l6 -9z`} />}
        </g>
      )}
    </svg>
  );
}

const Person = ({ x, y }: { x: number; y: number }) => (
  <g class="person">
    <circle cx={x} cy={y - 58} r="9" />
    <path d={`M${x - 14} ${y - 2} v-28 a14 14 0 0 1 28 0 v28z`} />
  </g>
);
