/** An incident in a few words: what it is, where, and what happens next. */
import type { ComponentChildren } from "preact";
import { now } from "../clock";
import { codeTitle, reasonTitle, say, t } from "../i18n";
import { type Incident, isBlindness, isGroup } from "../model";
import { Clock, Countdown } from "../ui/bits";
import { nextOf, placeOf } from "./next";

export function placeWords(incident: Incident): string {
  if (isBlindness(incident)) return codeTitle("blind");
  return placeOf(incident) ?? t(incident.kind === "system" ? "row.platform" : incident.kind === "area" ? "row.some_area" : "row.no_lift");
}

/** Why a rescue, shortly. */
export const whyRescue = (incident: Incident): string => (incident.reason ? reasonTitle(incident.reason) : say(incident.summary));

/** What it is, shortly; the full sentence stands in the detail. */
export function title(incident: Incident): string {
  if (incident.kind === "rescue") return `${t("kind.rescue")} · ${whyRescue(incident)}`;
  if (isGroup(incident)) return say(incident.summary);
  if (incident.code === incident.kind) return codeTitle(incident.code);
  if (incident.code) return `${t(`kind.${incident.kind}`)} · ${codeTitle(incident.code)}`;
  return `${t(`kind.${incident.kind}`)} · ${say(incident.summary)}`;
}

/** The line of a row: what may be cut, and the clock behind it, which never is. */
export function NextWords({ incident }: { incident: Incident }) {
  const next = nextOf(incident);
  switch (next.kind) {
    case "confirms":
      return next.at > now.value ? <Line clock={<>{t("row.confirms")} <Countdown at={next.at} passed="" /></>} /> : <Line words={t("row.confirming")} />;
    case "clears":
      return next.at > now.value ? <Line clock={<>{t("row.clears")} <Countdown at={next.at} passed="" /></>} /> : <Line words={t("row.clearing")} />;
    case "decides":
      return <Line words={t("row.decides")} />;
    case "person":
      return <Line words={t("row.waits")} />;
    case "accept":
      return <Line words={next.asked.length > 0 ? `${t("row.nobody")} · ${t("row.asked", { name: next.asked.join(", ") })}` : t("row.nobody")} />;
    case "arrive": {
      const words = t("row.accepted", { name: next.name });
      if (next.at === null) return <Line words={words} />;
      return next.at > now.value
        ? <Line words={words} short={next.name} clock={<>{t("row.eta")} <Countdown at={next.at} passed="" /></>} />
        : <Line words={words} short={next.name} clock={<b>{t("row.late")} <Clock since={new Date(next.at).toISOString()} /></b>} />;
    }
    case "release":
      return <Line words={t("row.arrived", { name: next.name })} />;
    case "close":
      return <Line words={t("row.close")} />;
    case "area":
    case "system":
      return <Line words={t(`detail.next_${next.kind}`)} />;
    case "repair":
      return <Line words={incident.lift?.firm_name ?? ""} />;
    case "done":
      return <Line words={t("detail.next_done")} />;
  }
}

/** `short` stands for `words` where the clock leaves them no room. */
function Line({ words, short, clock }: { words?: string; short?: string; clock?: ComponentChildren }) {
  return (
    <>
      {words && <span class={`cut${short ? " if-wide" : ""}`}>{words}</span>}
      {short && <span class="cut if-narrow">{short}</span>}
      {words && clock && <span class="row-dot" aria-hidden="true">·</span>}
      {clock && <span class="row-when">{clock}</span>}
    </>
  );
}
