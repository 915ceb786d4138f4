/** The dispatch board: queue, open incident, its lift. On a phone one thing at a time. */
import { route } from "../router";
import { Detail, useDetail } from "./Detail";
import { LiftPane } from "./LiftPane";
import { Queue } from "./Queue";

export function Board() {
  const id = route.value?.id ?? null;
  const { data, missing } = useDetail(id);
  return (
    <div class={`board${id ? " has-open" : ""}`}>
      <Queue />
      <div class={`work${data ? "" : " solo"}`}>
        <Detail id={id} data={data} missing={missing} />
        {data && <LiftPane incident={data} />}
      </div>
    </div>
  );
}
