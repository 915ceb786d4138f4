/** An incident in a few words: what it is, where, and what happens next. */
import { now } from "../clock";
import { codeTitle, reasonTitle, say, t } from "../i18n";
import type { Incident } from "../model";
import { Clock, Countdown } from "../ui/bits";
import { nextOf, placeOf } from "./next";

export function placeWords(incident: Incident): string {
  return placeOf(incident) ?? t(incident.kind === "system" ? "row.platform" : incident.kind === "area" ? "row.some_area" : "row.no_lift");
}

/** What it is, shortly; the full sentence stands in the detail. */
export function title(incident: Incident): string {
  if (incident.kind === "rescue") return `${t("kind.rescue")} · ${incident.reason ? reasonTitle(incident.reason) : say(incident.summary)}`;
  if (incident.code === incident.kind) return codeTitle(incident.code);
  if (incident.code) return `${t(`kind.${incident.kind}`)} · ${codeTitle(incident.code)}`;
  return `${t(`kind.${incident.kind}`)} · ${say(incident.summary)}`;
}

export function NextWords({ incident }: { incident: Incident }) {
  const next = nextOf(incident);
  switch (next.kind) {
    case "confirms":
      return next.at > now.value
        ? <>{t("row.confirms")} <Countdown at={next.at} passed="" /></>
        : <>{t("row.confirming")}</>;
    case "person":
      return <>{t("row.waits")}</>;
    case "accept":
      return next.asked.length > 0 ? <>{t("row.nobody")} · {t("row.asked", { name: next.asked.join(", ") })}</> : <>{t("row.nobody")}</>;
    case "arrive":
      if (next.at === null) return <>{t("row.accepted", { name: next.name })}</>;
      return next.at > now.value
        ? <>{t("row.accepted", { name: next.name })} · {t("row.eta")} <Countdown at={next.at} passed="" /></>
        : <>{t("row.accepted", { name: next.name })} · <b>{t("row.late")} <Clock since={new Date(next.at).toISOString()} /></b></>;
    case "release":
      return <>{t("row.arrived", { name: next.name })}</>;
    case "close":
      return <>{t("row.close")}</>;
    case "area":
    case "system":
      return <>{t(`detail.next_${next.kind}`)}</>;
    case "repair":
      return <>{incident.lift?.firm_name ?? ""}</>;
    case "done":
      return <>{t("detail.next_done")}</>;
  }
}
