/** The browser edge of the link: opens what `link.ts` says, and passes on what the host says. */

import { HostClock, pingPauseMs } from "./clock.ts";
import { Link, type LinkAction, type LinkState } from "./link.ts";
import {
  type ClientMessage,
  CLOSE_CODES,
  encodeToHost,
  PROTOCOL_VERSION,
  type Refused,
  type Role,
  type Welcome,
} from "../protocol.gen.ts";
import { pageNumber } from "./page_number.ts";
import { type Arrival, type Credential, read } from "./wire.ts";

export interface ConnectionEvents {
  /** The host let this device in, for the first time or again; all it said before is void. */
  onWelcome(welcome: Welcome): void;
  /** The host does not let this device in; nothing is tried again until `join`. */
  onShutOut(refusal: Pick<Refused, "code" | "message" | "mend">): void;
  /** Any other message of the host. */
  onMessage(message: Arrival, arrivedMs: number): void;
}

const TICK_MS = 25;
/** Of this page alone: the console's token is no headset's. */
const TOKEN_KEY = `orview.token ${location.pathname}`;
const FINAL_CLOSES: ReadonlySet<number> = new Set([
  CLOSE_CODES.NOT_PAIRED,
  CLOSE_CODES.NOT_ALLOWED,
  CLOSE_CODES.PROTOCOL_MISMATCH,
]);

/** The token of an earlier welcome in this tab: a reloaded page comes back without a new code. */
export function rememberedToken(): Credential | null {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token === null ? null : { token };
}

export class Connection {
  readonly clock = new HostClock();
  readonly #link = new Link();
  readonly #sockets = new Map<number, WebSocket>();
  readonly #role: Role;
  readonly #deviceName: string;
  readonly #events: ConnectionEvents;
  #credential: Credential | null = null;
  #page: string | null = null;
  #current: WebSocket | null = null;
  #timer: number | undefined;
  #nextPingMs = 0;
  #pings = 0;
  #posesCame = false;

  constructor(role: Role, deviceName: string, events: ConnectionEvents) {
    this.#role = role;
    this.#deviceName = deviceName;
    this.#events = events;
  }

  get state(): LinkState {
    return this.#link.state(performance.now());
  }

  /** What lets this device in again, for files that are for nobody else; null before the first welcome. */
  get token(): string | null {
    return this.#credential !== null && "token" in this.#credential ? this.#credential.token : null;
  }

  /** Connect, and stay connected, with this credential. */
  join(credential: Credential): void {
    this.#leave();
    this.#credential = credential;
    if (this.#role === "nurse" && this.#page === null) {
      void pageNumber().then((page) => {
        this.#page = page;
        if (this.#credential === credential) this.#begin(credential);
      });
    } else this.#begin(credential);
  }

  #begin(credential: Credential): void {
    this.#timer = window.setInterval(() => this.#tick(), TICK_MS);
    this.#do(this.#link.start(performance.now(), { oneAtATime: "code" in credential }));
  }

  /** Send to the host, if the link is up; nothing is kept for later. */
  send(message: ClientMessage): void {
    if (this.#current?.readyState === WebSocket.OPEN) this.#current.send(encodeToHost(message));
  }

  /** Whether nothing waits to be sent: what is large may go without holding up what is small. */
  get isFree(): boolean {
    return this.#current?.readyState === WebSocket.OPEN && this.#current.bufferedAmount === 0;
  }

  /** Send a binary message to the host, if the link is up. */
  sendBytes(message: ArrayBuffer): void {
    if (this.#current?.readyState === WebSocket.OPEN) this.#current.send(message);
  }

  #leave(): void {
    window.clearInterval(this.#timer);
    this.#do(this.#link.stop());
    this.#current = null;
  }

  #do(actions: readonly LinkAction[]): void {
    for (const action of actions) {
      if (action.kind === "open") this.#open(action.id);
      else this.#close(action.id);
    }
  }

  #close(id: number): void {
    const socket = this.#sockets.get(id);
    this.#sockets.delete(id);
    socket?.close();
  }

  #open(id: number): void {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    socket.binaryType = "arraybuffer";
    this.#sockets.set(id, socket);
    socket.onopen = () => socket.send(encodeToHost(this.#hello()));
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.#heard(id, socket, event.data);
    socket.onclose = (event) => this.#closed(id, socket, event);
  }

  #hello(): ClientMessage {
    const credential = this.#credential!;
    return {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      role_wanted: this.#role,
      device_name: this.#deviceName,
      token: "token" in credential ? credential.token : null,
      code: "code" in credential ? credential.code : null,
      page: this.#page,
    };
  }

  #heard(id: number, socket: WebSocket, data: string | ArrayBuffer): void {
    if (this.#sockets.get(id) !== socket) return;
    const nowMs = performance.now();
    const message = read(data);
    if (message === null) {
      // Not the protocol: end this socket, which hides the overlay, and begin anew.
      socket.close(CLOSE_CODES.BAD_MESSAGE);
      return;
    }
    if (!this.#link.isCurrent(id)) {
      if ("type" in message && message.type === "welcome") this.#greeted(id, socket, message, nowMs);
      else if ("type" in message && message.type === "refused") this.#shutOut(message);
      return;
    }
    this.#do(this.#link.heard(id, nowMs));
    if ("kind" in message) {
      if (message.kind === "pose") {
        this.#posesCame = true;
        this.clock.addPose(message.send_ns / 1e6, nowMs);
      }
    } else if (message.type === "pong") {
      this.clock.add({ sentMs: message.client_ns / 1e6, hostMs: message.host_ns / 1e6, receivedMs: nowMs });
      return;
    } else if (message.type === "session") {
      this.#link.expectPoses(this.#posesCame && message.state !== "OFF");
    }
    this.#events.onMessage(message, nowMs);
  }

  #greeted(id: number, socket: WebSocket, welcome: Welcome, nowMs: number): void {
    this.#do(this.#link.greeted(id, nowMs));
    this.#current = socket;
    this.#credential = { token: welcome.token };
    sessionStorage.setItem(TOKEN_KEY, welcome.token);
    this.clock.reset();
    this.#nextPingMs = nowMs;
    this.#pings = 0;
    this.#posesCame = false;
    this.#events.onWelcome(welcome);
    this.#tick();
  }

  #closed(id: number, socket: WebSocket, event: CloseEvent): void {
    if (this.#sockets.get(id) !== socket) return;
    this.#sockets.delete(id);
    if (this.#current === socket) this.#current = null;
    if (FINAL_CLOSES.has(event.code)) {
      this.#shutOut({
        code: "CLOSED",
        message: event.reason || "The host closed the connection.",
        mend: "Ask for a new code.",
      });
      return;
    }
    this.#do(this.#link.closed(id, performance.now()));
  }

  #shutOut(refusal: Pick<Refused, "code" | "message" | "mend">): void {
    sessionStorage.removeItem(TOKEN_KEY);
    this.#leave();
    this.#events.onShutOut(refusal);
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#do(this.#link.tick(nowMs));
    if (this.#current === null || nowMs < this.#nextPingMs) return;
    this.#nextPingMs = nowMs + pingPauseMs(this.#pings);
    this.#pings += 1;
    this.send({ type: "ping", id: this.#pings, client_ns: Math.round(nowMs * 1e6) });
  }
}
