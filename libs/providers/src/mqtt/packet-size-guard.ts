/**
 * Reads along how long each packet says it is, without keeping any of it: MQTT's parser would hold a packet of up to
 * 256 MiB in memory before anybody could refuse it (MQTT 3.1.1 §2.2.3).
 */
export class PacketSizeGuard {
  /** Bytes of the packet under way that are still to come; undefined: its length is being read. */
  private left = 0;
  private length: { value: number; factor: number } | undefined;

  constructor(private readonly maxBytes: number) {}

  /** @returns whether what the bytes announce may be read */
  admits(bytes: Uint8Array): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.left > 0) {
        const passed = Math.min(this.left, bytes.length - at);
        this.left -= passed;
        at += passed;
      } else if (!this.length) {
        this.length = { value: 0, factor: 1 };
        at += 1;
      } else {
        if (!this.readLength(bytes[at] ?? 0, this.length)) return false;
        at += 1;
      }
    }
    return true;
  }

  private readLength(byte: number, length: { value: number; factor: number }): boolean {
    length.value += (byte & 0x7f) * length.factor;
    length.factor *= 128;
    if (length.value > this.maxBytes || length.factor > 128 ** 4) return false;
    if (byte < 0x80) {
      this.left = length.value;
      this.length = undefined;
    }
    return true;
  }
}
