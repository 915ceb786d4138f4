/** Which lift one stands at: its QR code by the camera where the browser can read one, or the rescue code typed. */
import { useEffect, useRef, useState } from "preact/hooks";
import { liftOf } from "./ids";
import { w } from "./words";

interface Detector { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }
type DetectorClass = new (options: { formats: string[] }) => Detector;
const detectorClass = (): DetectorClass | null => (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector ?? null;
export const canScan = (): boolean => detectorClass() !== null && Boolean(navigator.mediaDevices?.getUserMedia);

const LOOK = 250;

function Camera({ onText, onEnd }: { onText: (text: string) => void; onEnd: (why: string | null) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let over = false;
    let stream: MediaStream | null = null;
    const run = async (): Promise<void> => {
      const reader = new (detectorClass()!)({ formats: ["qr_code"] });
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      const screen = video.current;
      if (over || !screen) return stream.getTracks().forEach((track) => track.stop());
      screen.srcObject = stream;
      void screen.play().catch(() => undefined);
      while (!over) {
        const [code] = await reader.detect(screen).catch(() => []);
        if (code && !over) return onText(code.rawValue);
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
    };
    run().catch((error: unknown) => !over && onEnd(error instanceof Error ? error.message : String(error)));
    return () => {
      over = true;
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  return (
    <div class="scan-camera">
      <video ref={video} muted playsInline data-testid="scan-video" />
      <p class="muted">{w("scan.aim")}</p>
      <button type="button" class="button" onClick={() => onEnd(null)}>{w("scan.stop")}</button>
    </div>
  );
}

/** `onLift` gets what the code says: an id or a rescue code; it answers whether the phone knows that lift. */
export function Scan({ onLift }: { onLift: (text: string) => boolean }) {
  const [camera, setCamera] = useState(false);
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const take = (text: string): void => {
    setCamera(false);
    const code = liftOf(text);
    if (!code) setProblem(w("scan.nothing"));
    else if (onLift(code)) setProblem(null);
    else setProblem(w("scan.unknown", { code }));
  };
  return (
    <div class="scan">
      {camera && <Camera onText={take} onEnd={(why) => { setCamera(false); setProblem(why === null ? null : w("scan.no_camera", { why })); }} />}
      <form class="scan-line" onSubmit={(event) => { event.preventDefault(); take(typed); }}>
        {canScan() && !camera && <button type="button" class="button strong" data-testid="scan" onClick={() => { setProblem(null); setCamera(true); }}>{w("scan.button")}</button>}
        <label class="grow"><span class="said">{w("scan.type")}</span>
          <input data-testid="scan-code" inputMode="numeric" autocomplete="off" placeholder={w("scan.type")} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></label>
        <button type="submit" class="button" data-testid="scan-find">{w("scan.find")}</button>
      </form>
      {problem && <p class="problem" role="alert" data-testid="scan-problem">{problem}</p>}
    </div>
  );
}
