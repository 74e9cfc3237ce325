/**
 * What an Arm ELF file was built for: the build attributes section and e_flags.
 * Sources: "Addenda to, and Errata in, the ABI for the Arm Architecture" (ADDENDA32), section 3; AAELF32 section 5.1 (e_flags).
 */
import { decodeText } from './reader.js';
import { FirmwareError, type Section } from './types.js';

export interface ArmBuild {
  /** e_flags bits 31:24; 5 in every current toolchain. */
  readonly eabiVersion: number;
  /** Floating-point arguments in FP registers (`-mfloat-abi=hard`). */
  readonly isHardFloatAbi: boolean;
  /** Tag_CPU_name, e.g. `Cortex-M4`, `7E-M`. */
  readonly cpuName?: string;
  /** Tag_CPU_arch as a name: `v6-M`, `v7E-M`, `v8-M.mainline`, ... */
  readonly architecture?: string;
  /** Tag_CPU_arch_profile. */
  readonly profile?: 'A' | 'R' | 'M' | 'S';
  /** Tag_FP_arch as a name; `none` when no FP instructions may be used. */
  readonly floatingPoint?: string;
  /** Tag_DSP_extension, or an architecture that contains it. */
  readonly hasDsp: boolean;
  /** Tag_MVE_arch above 0 (Helium). */
  readonly hasMve: boolean;
}

const SHT_ARM_ATTRIBUTES = 0x7000_0003;
const EF_ARM_ABI_FLOAT_HARD = 0x400;
const EF_ARM_BE8 = 0x0080_0000;

const CPU_ARCHITECTURES = [
  'pre-v4', 'v4', 'v4T', 'v5T', 'v5TE', 'v5TEJ', 'v6', 'v6KZ', 'v6T2', 'v6K', 'v7', 'v6-M', 'v6S-M', 'v7E-M', 'v8-A', 'v8-R',
  'v8-M.baseline', 'v8-M.mainline', 'v8.1-A', 'v8.2-A', 'v8.3-A', 'v8.1-M.mainline', 'v9-A',
] as const;
const FP_ARCHITECTURES = ['none', 'VFPv1', 'VFPv2', 'VFPv3', 'VFPv3-D16', 'VFPv4', 'VFPv4-D16', 'FPv5 (Armv8)', 'FPv5-D16'] as const;
const PROFILES: Readonly<Record<number, 'A' | 'R' | 'M' | 'S'>> = { 0x41: 'A', 0x52: 'R', 0x4d: 'M', 0x53: 'S' };
const TAG = {
  file: 1, CPU_raw_name: 4, CPU_name: 5, CPU_arch: 6, CPU_arch_profile: 7, FP_arch: 10, ABI_VFP_args: 28, compatibility: 32, DSP_extension: 46, MVE_arch: 48,
  also_compatible_with: 65, conformance: 67,
} as const;
const MAX_CPU_NAME = 64;

/** @throws FirmwareError for big-endian code. A damaged attributes section only adds to `warnings`: nothing depends on it. */
export function readArmBuild(flags: number, sections: readonly Section[], warnings: string[]): ArmBuild {
  if ((flags & EF_ARM_BE8) !== 0) throw new FirmwareError('ELF file holds big-endian (BE8) Arm code: build it without -mbig-endian', 36);
  const section = sections.find((s) => s.type === SHT_ARM_ATTRIBUTES);
  const attributes = section === undefined ? undefined : readAttributes(section.bytes());
  if (section !== undefined && attributes === undefined) warnings.push('.ARM.attributes is damaged: the processor this was built for is not known');
  return describe(flags, attributes ?? new Map());
}

function describe(flags: number, attributes: ReadonlyMap<number, number | string>): ArmBuild {
  const architecture = CPU_ARCHITECTURES[Number(attributes.get(TAG.CPU_arch) ?? -1)];
  const profile = PROFILES[Number(attributes.get(TAG.CPU_arch_profile) ?? 0)];
  const cpuName = attributes.get(TAG.CPU_name);
  const floatingPoint = attributes.size === 0 ? undefined : FP_ARCHITECTURES[Number(attributes.get(TAG.FP_arch) ?? 0)];
  return {
    eabiVersion: flags >>> 24,
    isHardFloatAbi: (flags & EF_ARM_ABI_FLOAT_HARD) !== 0 || attributes.get(TAG.ABI_VFP_args) === 1,
    ...(typeof cpuName === 'string' ? { cpuName } : {}),
    ...(architecture !== undefined ? { architecture } : {}),
    ...(profile !== undefined ? { profile } : {}),
    ...(floatingPoint !== undefined ? { floatingPoint } : {}),
    hasDsp: architecture === 'v7E-M' || Number(attributes.get(TAG.DSP_extension) ?? 0) > 0,
    hasMve: Number(attributes.get(TAG.MVE_arch) ?? 0) > 0,
  };
}

/** File-scope attributes of the vendor `aeabi`; undefined when the section breaks its own format. */
function readAttributes(bytes: Uint8Array): Map<number, number | string> | undefined {
  const attributes = new Map<number, number | string>();
  if (bytes.length === 0 || bytes[0] !== 0x41) return undefined;   // format version 'A'
  for (let offset = 1; offset < bytes.length;) {
    const length = word(bytes, offset);
    if (length < 5 || offset + length > bytes.length) return undefined;
    const end = offset + length;
    const vendorEnd = bytes.indexOf(0, offset + 4);
    if (vendorEnd < 0 || vendorEnd >= end) return undefined;
    if (decodeText(bytes, offset + 4, Math.min(vendorEnd, offset + 12)) === 'aeabi' && !readVendor(bytes, vendorEnd + 1, end, attributes)) return undefined;
    offset = end;
  }
  return attributes;
}

function readVendor(bytes: Uint8Array, start: number, end: number, attributes: Map<number, number | string>): boolean {
  for (let offset = start; offset < end;) {
    const length = word(bytes, offset + 1);
    if (length < 5 || offset + length > end) return false;
    if (bytes[offset] === TAG.file && !readPairs(bytes, offset + 5, offset + length, attributes)) return false;
    offset += length;
  }
  return true;
}

function readPairs(bytes: Uint8Array, start: number, end: number, attributes: Map<number, number | string>): boolean {
  let offset = start;
  const uleb = (): number => {
    let value = 0;
    for (let shift = 0; offset < end; shift += 7) {
      const byte = bytes[offset++];
      if (shift < 28) value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    return -1;
  };
  const text = (): string => {
    const zero = bytes.indexOf(0, offset);
    const stop = zero < 0 || zero > end ? end : zero;
    const value = decodeText(bytes, offset, Math.min(stop, offset + MAX_CPU_NAME));
    offset = stop + 1;
    return value;
  };
  while (offset < end) {
    const tag = uleb();
    if (tag < 0) return false;
    // Above 32, odd tags carry text and even ones a number (ADDENDA32, 3.2.5).
    if (tag === TAG.compatibility) { uleb(); text(); }
    else if (tag === TAG.CPU_raw_name || tag === TAG.CPU_name || (tag > 32 && (tag & 1) === 1)) attributes.set(tag, text());
    else attributes.set(tag, uleb());
  }
  return true;
}

function word(bytes: Uint8Array, offset: number): number {
  if (offset + 4 > bytes.length) return 0;
  return (bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)) >>> 0;
}
