/** What a rule asks for, part by part: whether it holds, and what was seen of it. */
import { say, t } from "../i18n";
import type { RulePart } from "../model";

export function Parts({ parts }: { parts: readonly RulePart[] }) {
  return (
    <ul class="parts">
      {parts.map((part, i) => (
        <li key={`${part.key}${i}`} class={`part ${part.holds === true ? "holds" : "missing"}`} data-part={part.key} data-holds={String(part.holds)}>
          <span class="sign" role="img" aria-label={t(part.holds === true ? "part.holds" : part.holds === false ? "part.not" : "part.untold")}>
            {part.holds === true ? "✓" : part.holds === false ? "✗" : "?"}
          </span>
          <div>
            {part.holds === true ? say(part.name) : <strong>{say(part.name)}</strong>}
            {say(part.seen) && <span class="seen"> · {say(part.seen)}</span>}
            {part.any_of.length > 0 && <><span class="seen"> · {t("part.any")}</span><Parts parts={part.any_of} /></>}
          </div>
        </li>
      ))}
    </ul>
  );
}
