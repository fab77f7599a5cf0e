/** Keeps the screen on: a headset or tablet that dims in the middle of a step is taken for a fault. */

/** Ask for it now, and again whenever the page comes back into sight: browsers drop it when it leaves. */
export function stayAwake(): void {
  const ask = (): void => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => undefined);
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
