/** A page that is a chunk of its own: loaded when it is first opened, so that the board stays small. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { Empty } from "./bits";

export function lazy<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let known: ComponentType<P> | null = null;
  return function Loaded(props: P) {
    const [page, setPage] = useState<{ Page: ComponentType<P> } | null>(known && { Page: known });
    const [failed, setFailed] = useState(false);
    const fetch = (): void => {
      setFailed(false);
      void load().then(({ default: found }) => {
        known = found;
        setPage({ Page: found });
      }).catch(() => setFailed(true));
    };
    useEffect(() => {
      if (!page) fetch();
    }, []);
    if (page) return <page.Page {...props} />;
    return failed ? <p class="problem">{t("signin.down")} <button type="button" class="button" onClick={fetch}>{t("retry")}</button></p> : <Empty title={t("loading")} />;
  };
}
