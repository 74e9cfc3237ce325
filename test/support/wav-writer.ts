/** WAV files for tests, by the format's description (Microsoft Multimedia Programming Interface 1.0, "WAVE"). */

export interface WavOptions {
  /** 1 PCM, 3 IEEE float. */
  readonly format?: number;
  readonly channels?: number;
  readonly hz?: number;
  readonly bits?: number;
  /** Samples as they stand in the file, channels interleaved. */
  readonly data: Uint8Array;
}

export function writeWav({ format = 1, channels = 1, hz = 8000, bits = 16, data }: WavOptions): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, word: string): void => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, 36 + data.length, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, format, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, hz, true);
  view.setUint32(28, hz * channels * bits / 8, true);
  view.setUint16(32, channels * bits / 8, true);
  view.setUint16(34, bits, true);
  text(36, 'data');
  view.setUint32(40, data.length, true);
  bytes.set(data, 44);
  return bytes;
}
