/** A random number that tells one window of the console from another, and stays when the page is loaded again. */

const KEY = "orview.page";
/** So long the page before this one may take to go; who still holds the number then is another window. */
const GONE_WITHIN_MS = 500;

/** The number of this window: of a duplicated tab, which takes its storage along, another than the first one's. */
export async function pageNumber(): Promise<string> {
  const before = sessionStorage.getItem(KEY);
  const number = before !== null && (await isOurs(before)) ? before : newNumber();
  if (number !== before) await isOurs(number);
  sessionStorage.setItem(KEY, number);
  return number;
}

function newNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Hold a number for as long as this page lives; false where another window holds it. */
async function isOurs(number: string): Promise<boolean> {
  if (!("locks" in navigator)) return true;
  return new Promise((resolve) => {
    navigator.locks
      .request(`${KEY} ${number}`, { signal: AbortSignal.timeout(GONE_WITHIN_MS) }, () => {
        resolve(true);
        return new Promise(() => {});
      })
      .catch(() => resolve(false));
  });
}
