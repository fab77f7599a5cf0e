/** The charge of this device's battery, where its browser tells. */

interface BatteryManager {
  readonly level: number;
}

interface PowerSource {
  getBattery?: () => Promise<BatteryManager>;
}

export class Battery {
  #manager: BatteryManager | null = null;

  /** `source` is the page's `navigator`: only some browsers have the method. */
  constructor(source: object) {
    (source as PowerSource).getBattery?.().then(
      (manager) => (this.#manager = manager),
      // What the browser does not want to tell stays unknown.
      () => {},
    );
  }

  /** 0 empty to 1 full; null where nobody tells. */
  get level(): number | null {
    const level = this.#manager?.level;
    return level !== undefined && level >= 0 && level <= 1 ? level : null;
  }
}
