/**
 * A file of the host on its way, a level of a model or what a plan draws: what came before a cut is kept, and the next
 * try goes on from there.
 *
 * Nothing is handed on whose SHA-256 is not the one the host announced (hazard H17).
 */

/** What the host said of a file: its content, its size, and where it is. */
export interface Announced {
  readonly sha256: string;
  readonly bytes: number;
  readonly url: string;
}

/** The host answered, and what it gave is not what it named. */
export class ModelFault extends Error {}

export class Download {
  readonly #file: Announced;
  readonly #fetch: typeof fetch;
  #body: Uint8Array<ArrayBuffer>;
  #reached = 0;

  constructor(file: Announced, fetching: typeof fetch = (...request) => fetch(...request)) {
    this.#file = file;
    this.#fetch = fetching;
    this.#body = new Uint8Array(file.bytes);
  }

  /** Bytes that are here. */
  get reached(): number {
    return this.#reached;
  }

  /** Fetch what is missing, and verify the whole. Throws where it was cut; call it again then. */
  async run(signal: AbortSignal): Promise<ArrayBuffer> {
    // Past the browser's own cache, whatever the host allows: nothing of a patient stays on a headset's disk.
    const answer = await this.#fetch(this.#file.url, { signal, cache: "no-store", headers: this.#headers() });
    this.#begin(answer);
    await this.#read(answer);
    const digest = await crypto.subtle.digest("SHA-256", this.#body);
    if (hex(new Uint8Array(digest)) !== this.#file.sha256) throw this.#wrong();
    return this.#body.buffer;
  }

  #headers(): Record<string, string> {
    if (this.#reached === 0) return {};
    return { Range: `bytes=${this.#reached}-`, "If-Range": `"${this.#file.sha256}"` };
  }

  #begin(answer: Response): void {
    const from = answer.headers.get("Content-Range") ?? "";
    if (answer.status === 206 && from.startsWith(`bytes ${this.#reached}-`)) return;
    this.#reached = 0;
    if (answer.status !== 200) throw new ModelFault("The host does not have the model it named.");
  }

  async #read(answer: Response): Promise<void> {
    if (answer.body === null) throw this.#wrong();
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (this.#reached + value.length > this.#body.length) {
        await reader.cancel();
        throw this.#wrong();
      }
      this.#body.set(value, this.#reached);
      this.#reached += value.length;
    }
    if (this.#reached < this.#body.length) throw this.#wrong();
  }

  /** What came is void: the next try begins anew. */
  #wrong(): ModelFault {
    this.#reached = 0;
    return new ModelFault("The model that arrived is not the one the host announced.");
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
