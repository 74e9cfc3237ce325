/** Bytes as text (RFC 4648, section 4), for recordings inside descriptions: Node and browsers have no common function for it. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Digit by character code; 255 for no digit. */
const VALUES = new Uint8Array(128).fill(255);
[...DIGITS].forEach((digit, value) => { VALUES[digit.charCodeAt(0)] = value; });

export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const word = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const left = bytes.length - at;
    parts.push(DIGITS[word >> 18] + DIGITS[(word >> 12) & 63] + (left > 1 ? DIGITS[(word >> 6) & 63] : '=') + (left > 2 ? DIGITS[word & 63] : '='));
  }
  return parts.join('');
}

/** Undefined when it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let [word, bits, length] = [0, 0, 0];
  for (let at = 0; at < digits; at++) {
    const value = VALUES[text.charCodeAt(at)] ?? 255;
    if (value === 255) return undefined;
    word = ((word << 6) | value) & 0xff_ffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = (word >> bits) & 0xff;
  }
  return bytes;
}
