/** Short tones: what the gaze does is heard without looking away from the field. */

export class Tick {
  #context: AudioContext | null = null;

  /** Call it from a press: browsers give no sound before one. */
  wake(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  /** The gaze came to rest on a button. */
  entered(): void {
    this.#tone(660, 0.03, 0.05);
  }

  /** A button was pressed. */
  pressed(): void {
    this.#tone(990, 0.09, 0.12);
  }

  #tone(hertz: number, seconds: number, loudness: number): void {
    const context = this.#context;
    if (context?.state !== "running") return;
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.frequency.value = hertz;
    gain.gain.setValueAtTime(loudness, context.currentTime);
    // Faded out, since a tone cut off clicks.
    gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start();
    oscillator.stop(context.currentTime + seconds);
  }
}
