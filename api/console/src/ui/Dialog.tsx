/** A modal box on the browser's own `dialog`: it keeps the focus inside and gives it back. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";

interface Props { title: string; onClose: () => void; children: ComponentChildren; testid?: string }

/** Whether somebody has typed here: a click beside the box must not throw that away. */
const hasText = (box: HTMLElement): boolean => [...box.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")].some((one) => one.value !== "" && one.type !== "radio");

export function Dialog({ title, onClose, children, testid }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  // Before the next key can arrive: a code typed right after `/` belongs into the field.
  useLayoutEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} aria-label={title} data-testid={testid} onCancel={(event) => { event.preventDefault(); onClose(); }}
      onKeyDown={(event) => { if (event.key === "Escape" && !event.isComposing) { event.preventDefault(); onClose(); } }}
      onClick={(event) => { if (box.current && event.target === box.current && !hasText(box.current)) onClose(); }}>
      <div class="dialog-head">
        <h1>{title}</h1>
        <button type="button" class="button" onClick={onClose}>{t("close_box")} <kbd>Esc</kbd></button>
      </div>
      {children}
    </dialog>
  );
}
