/** A signature drawn with a finger: the path of an SVG drawing, as the record keeps it. */
import { useRef, useState } from "preact/hooks";
import { w } from "./words";

const WIDTH = 300;
const HEIGHT = 110;
const NEAR = 1.5; // points closer than this say nothing
const MOST = 60_000; // characters; the server takes 200 000

export function Pad({ onDone, testid }: { onDone: (path: string) => void; testid: string }) {
  const svg = useRef<SVGSVGElement>(null);
  const last = useRef<{ x: number; y: number } | null>(null);
  const [path, setPath] = useState("");
  const [empty, setEmpty] = useState(false);
  const spot = (event: PointerEvent): { x: number; y: number } => {
    const box = svg.current!.getBoundingClientRect();
    const tidy = (value: number): number => Math.round(value * 10) / 10;
    return { x: tidy(((event.clientX - box.left) / box.width) * WIDTH), y: tidy(((event.clientY - box.top) / box.height) * HEIGHT) };
  };
  const down = (event: PointerEvent): void => {
    event.preventDefault();
    svg.current?.setPointerCapture(event.pointerId);
    const at = spot(event);
    last.current = at;
    setEmpty(false);
    setPath((before) => `${before}M${at.x} ${at.y}`);
  };
  const move = (event: PointerEvent): void => {
    const from = last.current;
    if (!from) return;
    const at = spot(event);
    if (Math.hypot(at.x - from.x, at.y - from.y) < NEAR) return;
    last.current = at;
    setPath((before) => (before.length < MOST ? `${before}L${at.x} ${at.y}` : before));
  };
  const up = (): void => void (last.current = null);
  // A dot is no signature: there must be a line.
  const done = (): void => (path.includes("L") ? onDone(path) : setEmpty(true));
  return (
    <div class="pad">
      <svg ref={svg} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" data-testid={testid} role="img" aria-label={w("sign.box")}
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up}>
        {path === "" && <text x={WIDTH / 2} y={HEIGHT / 2 + 6} text-anchor="middle">{w("sign.box")}</text>}
        <path d={path} />
      </svg>
      {empty && <p class="fault" role="alert" data-testid="fault" data-fault="fault.drawing_missing">{w("fault.drawing_missing")}</p>}
      <div class="side">
        <button type="button" class="button" onClick={() => { setPath(""); last.current = null; }}>{w("sign.clear")}</button>
        <button type="button" class="button strong grow" data-testid={`${testid}-ok`} onClick={done}>{w("sign.ok")}</button>
      </div>
    </div>
  );
}

export const Drawn = ({ drawing }: { drawing: { kind: string; data: string } }) => (
  drawing.kind === "svg"
    ? <svg class="drawn" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={w("sign.title")}><path d={drawing.data} /></svg>
    : <img class="drawn" src={`data:image/png;base64,${drawing.data}`} alt={w("sign.title")} />
);
