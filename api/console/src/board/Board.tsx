/** The dispatch board: queue, open incident, its lift. On a phone one thing at a time. */
import { route } from "../router";
import { Detail, useDetail } from "./Detail";
import { LiftPane } from "./LiftPane";
import { Queue } from "./Queue";

export function Board() {
  const id = route.value?.id ?? null;
  const { data, missing } = useDetail(id);
  // The platform and an area have no car to draw and nobody to ring up.
  const pane = data !== null && (data.lift_id !== null || data.kind === "rescue");
  return (
    <div class={`board${id ? " has-open" : ""}`}>
      <Queue />
      <div class={`work${pane ? "" : " solo"}`}>
        <Detail id={id} data={data} missing={missing} />
        {pane && <LiftPane incident={data} />}
      </div>
    </div>
  );
}
