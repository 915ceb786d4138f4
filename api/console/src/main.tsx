/** Start: language and theme, the session or the one-time link, then the page. */
import { render } from "preact";
import { App } from "./app";
import { ApiError, call, whenSignedOut } from "./api";
import { startTicking } from "./clock";
import { followSession } from "./live";
import { keptSession } from "./offline";
import type { Me } from "./model";
import { isOutside, route, signinCode, startRouting } from "./router";
import { startSound } from "./sound";
import { forget, me, signedIn, signinNote } from "./store";
import { startTheme } from "./ui/theme";
import "./style/tokens.css";
import "./style/base.css";
import "./style/frame.css";
import "./style/board.css";
import "./style/lift.css";
import "./style/mine.css";
import "./style/shadow.css";

const RETRY = 2000;
const PATIENCE = 2500; // with a network that swallows everything

async function openSession(code: string | null): Promise<void> {
  if (code !== null) {
    try {
      return signedIn(await call<Me>("POST", "/session/link", { body: { code }, quiet401: true }));
    } catch {
      signinNote.value = "link_bad"; // a session that is still good is as welcome as the link
    }
  }
  for (;;) {
    const kept = keptSession();
    try {
      return signedIn(await call<Me>("GET", "/session", { quiet401: true, ...(kept && !me.value ? { timeout: PATIENCE } : {}) }));
    } catch (error) {
      // No answer is not "signed out": a server that is starting will know the cookie.
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) return me.value ? forget("ended") : undefined;
      // A crew's phone opens without network as whoever was signed in; what it sends waits for the session's own word.
      if (kept && !me.value) signedIn(kept);
      await new Promise((resolve) => setTimeout(resolve, RETRY));
      if (me.value && me.value.csrf !== "") return;
    }
  }
}

const code = signinCode(location.hash);
// The code leaves the address before anything else happens: no reload, no copied address sends it again.
if (code !== null) history.replaceState(null, "", location.pathname + location.search);

startTheme();
startTicking();
startRouting();
whenSignedOut(() => me.value && forget("ended"));
followSession();
startSound();

const root = document.getElementById("app");
if (root) {
  // A page that is about to be signed in does not flash the sign-in form.
  const shown = isOutside(route.peek()?.page) ? Promise.resolve() : openSession(code);
  // Whoever came without an account is not asked for one until he goes further.
  let outside = isOutside(route.peek()?.page);
  route.subscribe((now) => {
    if (outside && !isOutside(now?.page)) {
      outside = false;
      void openSession(null);
    }
  });
  void Promise.race([shown, new Promise((resolve) => setTimeout(resolve, 800))]).then(() => render(<App />, root));
}
