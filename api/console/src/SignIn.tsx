/** Sign-in with a password; the one-time link is handled before this page is shown. */
import { useState } from "preact/hooks";
import { ApiError, call } from "./api";
import { duration } from "./clock";
import { language, t, useLanguage } from "./i18n";
import type { Me } from "./model";
import { signedIn, signinNote } from "./store";
import { unblock } from "./sound";
import { theme, toggleTheme } from "./ui/theme";

export function SignIn() {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (sending) return;
    setSending(true);
    setProblem(null);
    void unblock();
    try {
      signedIn(await call<Me>("POST", "/session", { body: { login, password }, quiet401: true }));
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      if (status === 401) setProblem(t("signin.wrong"));
      else if (status === 429) setProblem(t("signin.many", { time: duration(((error as ApiError).retryAfter ?? 300) * 1000) }));
      else setProblem(status === 0 || status >= 500 ? t("signin.down") : (error as ApiError).message);
      setPassword("");
    }
    setSending(false);
  }

  return (
    <div class="signin">
      <form class="form" onSubmit={(event) => void send(event)}>
        <div class="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true"><path d="M7 3v26M25 3v26" stroke="currentColor" stroke-width="2.5" /><rect x="10" y="11" width="12" height="13" fill="currentColor" /><path d="M16 11v13" stroke="var(--surface)" stroke-width="1.6" /></svg>
          <div><h1>{t("product")}</h1><p class="muted">{t("tagline")}</p></div>
        </div>
        {signinNote.value && <p class="problem">{t(signinNote.value === "ended" ? "signin.ended" : "signin.link_bad")}</p>}
        <label class="field"><span>{t("signin.login")}</span>
          <input data-testid="signin-login" name="login" autocomplete="username" autocapitalize="none" spellcheck={false} required autofocus value={login} onInput={(event) => setLogin(event.currentTarget.value)} /></label>
        <label class="field"><span>{t("signin.password")}</span>
          <input data-testid="signin-password" name="password" type="password" autocomplete="current-password" required value={password} onInput={(event) => setPassword(event.currentTarget.value)} /></label>
        {problem && <p class="problem" role="alert" data-testid="signin-problem">{problem}</p>}
        <button type="submit" class="button strong" data-testid="signin-submit" disabled={sending}>{sending ? t("signin.wait") : t("signin.submit")}</button>
        <div class="switches">
          <button type="button" class="button plain" data-testid="lang-toggle" title={t("top.language_title")} onClick={() => useLanguage(language.value === "zh" ? "en" : "zh")}>{t("top.language")}</button>
          <button type="button" class="button plain" data-testid="theme-toggle" title={t("top.theme_title")} onClick={toggleTheme}>{theme() === "dark" ? t("top.theme_light") : t("top.theme_dark")}</button>
        </div>
      </form>
    </div>
  );
}
