/** The clock of a rescue as a bar that fills, with its limits drawn where they are. */
import { barFraction, duration, MARKS, now } from "../clock";
import { t } from "../i18n";
import { type Incident, ms } from "../model";
import { clockOf } from "./next";

const MINUTE = 60_000;

export function ClockBar({ incident }: { incident: Incident }) {
  const clock = clockOf(incident);
  const since = ms(incident.confirmed_at) ?? ms(clock.since) ?? now.value;
  const passed = (ms(clock.until) ?? now.value) - since;
  const met: (number | null)[] = [ms(incident.accepted_at), ms(incident.arrived_at), ms(incident.released_at)];
  const words = [t("bar.accept"), t("bar.arrive"), t("bar.warn")];
  return (
    <div class="bar" data-priority={incident.priority} role="img" aria-label={t("bar.label", { time: duration(passed) })}>
      <div class="bar-track"><i style={{ width: `${(barFraction(passed) * 100).toFixed(2)}%` }} /></div>
      {MARKS.map((mark, i) => {
        const at = met[i];
        const inTime = at !== null && at !== undefined && at - since <= mark * MINUTE;
        const late = !inTime && passed > mark * MINUTE;
        const left = barFraction(mark * MINUTE) * 100;
        return (
          <div key={mark} class={`bar-mark${late ? " late" : ""}`} style={{ left: `${left}%` }}>
            <span class="num">{t("form.minutes", { n: mark })}</span>
            <span>{words[i]}{inTime ? " ✓" : late ? " !" : ""}</span>
          </div>
        );
      })}
    </div>
  );
}
