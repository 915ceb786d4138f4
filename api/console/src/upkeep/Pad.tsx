/** Where a signature is drawn with finger, pen or mouse; whoever cannot draw has the typed name taken instead. */
import { useRef, useState } from "preact/hooks";
import { pathOf } from "./figures";
import type { Drawing } from "./model";
import { w } from "./words";

interface Point { x: number; y: number }
const WIDTH = 600;
const HEIGHT = 200;

/** The name as a picture. */
function written(name: string): Drawing {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext("2d");
  if (pen) {
    pen.font = "italic 64px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.fillText(name, 20, HEIGHT / 2, WIDTH - 40);
  }
  return { kind: "png", data: canvas.toDataURL("image/png").replace(/^data:image\/png;base64,/, "") };
}

export function Pad({ name, onDrawn }: { name: string; onDrawn: (drawing: Drawing | null) => void }) {
  const [strokes, setStrokes] = useState<Point[][]>([]);
  const [typed, setTyped] = useState(false);
  const drawing = useRef(false);
  const box = useRef<SVGSVGElement>(null);
  const at = (event: PointerEvent): Point => {
    const frame = box.current?.getBoundingClientRect();
    return frame ? { x: ((event.clientX - frame.left) / frame.width) * WIDTH, y: ((event.clientY - frame.top) / frame.height) * HEIGHT } : { x: 0, y: 0 };
  };
  const put = (next: Point[][]): void => {
    setStrokes(next);
    onDrawn(next.length > 0 ? { kind: "svg", data: pathOf(next) } : null);
  };
  const down = (event: PointerEvent): void => {
    event.preventDefault();
    box.current?.setPointerCapture(event.pointerId);
    drawing.current = true;
    setTyped(false);
    put([...strokes, [at(event)]]);
  };
  const move = (event: PointerEvent): void => {
    if (!drawing.current) return;
    const last = strokes.at(-1) ?? [];
    put([...strokes.slice(0, -1), [...last, at(event)]]);
  };
  const up = (): void => void (drawing.current = false);
  const again = (): void => {
    setTyped(false);
    put([]);
  };
  return (
    <div class="field">
      <span>{w("sign.draw")}</span>
      <svg ref={box} class="pad" data-testid="pad" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={w("sign.draw")} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up}>
        <path class="base" d={`M30 ${HEIGHT - 40}H${WIDTH - 30}`} />
        {typed ? <text x="30" y={HEIGHT / 2}>{name}</text> : <path class="ink" d={pathOf(strokes)} />}
      </svg>
      <div class="chips">
        <button type="button" class="button" onClick={again}>{w("sign.again")}</button>
        <button type="button" class="button" data-testid="pad-typed" disabled={name.trim() === ""} onClick={() => { setStrokes([]); setTyped(true); onDrawn(written(name)); }}>{w("sign.typed")}</button>
      </div>
    </div>
  );
}
