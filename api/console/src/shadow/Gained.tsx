/** The seconds gained on what both caught: a dot for each rescue on one axis, later to the left, earlier to the right. */
import { t } from "../i18n";
import { reach, seconds, stack } from "./figures";
import type { Case } from "./ShadowPage";

const WIDTH = 420;
const HEIGHT = 142;
const BASE = 88;
const DOT = 5;
const MARGIN = 26;

export function Gained({ cases, median }: { cases: readonly Case[]; median: number | null }) {
  const gained = cases.flatMap((one) => (one.gained_s === null ? [] : [one.gained_s])).sort((a, b) => a - b);
  if (gained.length === 0) return <p class="muted">{t("shadow.no_gain")}</p>;
  const most = reach(gained);
  const x = (value: number): number => WIDTH / 2 + (value / most) * (WIDTH / 2 - MARGIN);
  const rows = stack(gained.map(x), 2 * DOT + 1);
  const step = Math.min(2 * DOT + 1, (BASE - 2 * DOT) / (Math.max(...rows) + 1));
  return (
    <figure class="gained" data-testid="shadow-gained">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("shadow.gained_said", { n: gained.length, median: seconds(median ?? 0) })}>
        <line class="base" x1={MARGIN} x2={WIDTH - MARGIN} y1={BASE} y2={BASE} />
        <line class="same" x1={x(0)} x2={x(0)} y1="6" y2={BASE + 6} />
        {gained.map((value, i) => <circle key={i} cx={x(value)} cy={BASE - DOT - 2 - (rows[i] ?? 0) * step} r={DOT}><title>{seconds(value)}</title></circle>)}
        {median !== null && <path class="median" d={`M${x(median)} ${BASE + 3} l6 10 h-12 Z`} />}
        <text x={MARGIN} y={BASE + 18} text-anchor="start">{seconds(-most)}</text>
        <text x={WIDTH - MARGIN} y={BASE + 18} text-anchor="end">{seconds(most)}</text>
        <text x={MARGIN} y={HEIGHT - 4} text-anchor="start">{t("shadow.axis_later")}</text>
        <text x={WIDTH - MARGIN} y={HEIGHT - 4} text-anchor="end">{t("shadow.axis_earlier")}</text>
        {median !== null && <text class="own" x={Math.min(Math.max(x(median), 130), WIDTH - 130)} y={BASE + 30} text-anchor="middle">{t("shadow.median", { time: seconds(median) })}</text>}
      </svg>
    </figure>
  );
}
