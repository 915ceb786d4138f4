/** One lift: its shaft live, its last hour, its incidents, and what is known of it. */
import { liftName } from "./name";
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import { dayAndTime } from "../clock";
import { overlay } from "../desk";
import { t, word } from "../i18n";
import { type Incident, type Lift, ms, type Page, type Sample } from "../model";
import { href } from "../router";
import { atDesk, incidents as openIncidents, lifts, loadLift } from "../store";
import { title } from "../board/words";
import { Ago, Empty, Fact, Mark, Unknown } from "../ui/bits";
import { Decision } from "./Decision";
import { HistoryChart } from "./HistoryChart";
import { Shaft, useLandings } from "./Shaft";
import { Heard, State } from "./State";

export function LiftPage({ id }: { id: string }) {
  const [missing, setMissing] = useState(false);
  const [past, setPast] = useState<Incident[]>([]);
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => {
    setMissing(false);
    setPast([]);
    setSamples([]);
    void loadLift(id).catch(() => setMissing(true));
  }, [id]);
  // A change of this lift's open incidents is a reason to look at the list again.
  const mark = [...openIncidents.value.values()].filter((one) => one.lift_id === id).map((one) => one.id + String(one.version)).join();
  useEffect(() => {
    void get<Page<Incident>>(`/incidents?state=all&lift_id=${encodeURIComponent(id)}&limit=20`)
      .then((page) => setPast(page.items)).catch(() => undefined);
  }, [id, mark]);
  const lift = lifts.value.get(id);
  if (!lift) return <Empty title={missing ? t("lift.missing") : t("loading")} />;
  return (
    <div class="lift-page" data-testid="lift-page" data-lift={id}>
      <header class="lift-head">
        <a class="button" href={href("lifts")}>‹ {t("lifts.title")}</a>
        <div class="grow">
          <h1 class="cut">{liftName(lift)} <span class="muted num">{lift.rescue_code}</span></h1>
          <p class="muted cut">{[lift.address, lift.building, lift.district].filter(Boolean).join(" · ")}</p>
        </div>
        {lift.registered === false && <span class="tag">{t("lift.unregistered")}</span>}
        <span class="lift-link">{lift.state === null ? <Unknown /> : lift.state.online === false ? <strong class="warn">{t("lift.offline")}</strong> : <span>{t("lift.online")}</span>} <Heard lift={lift} /></span>
        {atDesk.value && <button type="button" class="button" onClick={() => (overlay.value = { name: "report", lift })}>{t("queue.report")} <kbd>r</kbd></button>}
      </header>
      <section class="lift-live">
        <h2>{t("lift.now")} {lift.state?.sample && <span class="muted">· <Ago at={lift.state.received_at ?? lift.state.heard_at} /></span>}</h2>
        <Shaft lift={lift} samples={samples} tall />
        <State lift={lift} full />
      </section>
      <HistoryChart lift={lift} incidents={past} onSamples={setSamples} />
      <Decision id={id} />
      <section class="lift-incidents">
        <h2>{t("lift.incidents")}</h2>
        {past.length === 0 && <p class="muted">{t("lift.no_incidents")}</p>}
        <ul>
          {past.map((one) => {
            const at = ms(one.opened_at);
            const inside = (
              <>
                <Mark priority={one.priority} outline size={22} />
                <span class="num muted">{at === null ? t("unknown") : dayAndTime(at)}</span>
                <span class="grow cut">{title(one)}</span>
                <span>{t(`state.${one.state}`)}</span>
              </>
            );
            return <li key={one.id}>{atDesk.value ? <a class="past" href={href("board", one.id)}>{inside}</a> : <span class="past">{inside}</span>}</li>;
          })}
        </ul>
      </section>
      <Known lift={lift} samples={samples} />
    </div>
  );
}

function Known({ lift, samples }: { lift: Lift; samples: readonly Sample[] }) {
  const { landings } = useLandings(lift, samples);
  const or = (value: string | null | undefined) => value || <Unknown />;
  const seconds = typeof lift.offset === "number" ? Math.round(lift.offset * 10) / 10 || 0 : null;
  const offset = seconds === null ? null : `${seconds > 0 ? "+" : ""}${seconds.toFixed(1)} ${t("unit.s")}`;
  return (
    <section class="lift-known">
      <h2>{t("lift.known")}</h2>
      <dl class="facts">
        <Fact name={t("lift.id")}><span class="num">{lift.lift_id}</span></Fact>
        <Fact name={t("lift.class")}>{word("class", lift.lift_class)}</Fact>
        <Fact name={t("lift.firm")}>{or(lift.firm_name)}</Fact>
        <Fact name={t("lift.model")}>{or(lift.model)}</Fact>
        <Fact name={t("lift.floors")}>{landings.length > 0 ? `${landings.length}: ${landings[0]}–${landings[landings.length - 1]}` : <Unknown />}</Fact>
        <Fact name={t("lift.speed")}>{lift.rated_speed ? `${lift.rated_speed} ${t("unit.mps")}` : <Unknown />}</Fact>
        <Fact name={t("lift.load_rated")}>{lift.load_rated ? `${lift.load_rated} ${t("unit.kg")}` : <Unknown />}</Fact>
        <Fact name={t("lift.commissioned")}>{or(lift.commissioned_on)}</Fact>
        <Fact name={t("lift.feeder")}>{or(lift.feeder)}</Fact>
        <Fact name={t("lift.gateway")}>{or(lift.gateway)}</Fact>
        <Fact name={t("lift.firmware")}>{or(lift.state?.firmware)}</Fact>
        <Fact name={t("lift.interval")}>{lift.state?.interval ? `${lift.state.interval} ${t("unit.s")}` : <Unknown />}</Fact>
        <Fact name={t("lift.offset")}>{or(offset)}</Fact>
      </dl>
    </section>
  );
}
