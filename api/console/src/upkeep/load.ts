/** Reading what a page shows, again every minute, without an older answer overwriting a newer one. */
import { useEffect, useRef, useState } from "preact/hooks";
import { why } from "../api";
import { t } from "../i18n";

const REFRESH = 60_000;

export function useLoaded<T>(load: () => Promise<T>, on: readonly unknown[] = []): { data: T | null; problem: string | null; again: () => void } {
  const [data, setData] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const asked = useRef(0);
  const again = (): void => {
    asked.current += 1;
    const mine = asked.current;
    void load()
      .then((found) => {
        if (mine !== asked.current) return;
        setData(found);
        setProblem(null);
      })
      .catch((error: unknown) => mine === asked.current && setProblem(why(error, t("signin.down"))));
  };
  useEffect(() => {
    again();
    const timer = setInterval(again, REFRESH);
    return () => {
      asked.current += 1;
      clearInterval(timer);
    };
  }, on);
  return { data, problem, again };
}
