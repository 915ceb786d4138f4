/** The frame of pages that need no account: the product's name, language and theme, nothing of the desk. */
import type { ComponentChildren } from "preact";
import { language, t, useLanguage } from "../i18n";
import { theme, toggleTheme } from "./theme";

export const Outside = ({ children }: { children: ComponentChildren }) => (
  <div class="outside">
    <header class="outside-top">
      <strong class="grow">{t("product")} <span class="muted">{t("tagline")}</span></strong>
      <button type="button" class="button plain" data-testid="lang-toggle" title={t("top.language_title")} onClick={() => useLanguage(language.value === "zh" ? "en" : "zh")}>{t("top.language")}</button>
      <button type="button" class="button plain" data-testid="theme-toggle" title={t("top.theme_title")} onClick={toggleTheme}>{theme() === "dark" ? t("top.theme_light") : t("top.theme_dark")}</button>
    </header>
    <main class="outside-main">{children}</main>
  </div>
);
