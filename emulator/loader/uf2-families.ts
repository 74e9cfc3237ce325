/** UF2 family ids of chips. Sources: the UF2 specification's family list; RP2350 datasheet section 5.5.3 (ids ending in 57 to 5b). */
export const UF2_FAMILIES: Readonly<Record<string, number>> = {
  ATMEGA32: 0x16573617,
  SAMD21: 0x68ed2b88, SAMD51: 0x55114460, SAML21: 0x1851780a,
  NRF52: 0x1b57745f, NRF52833: 0x621e937a, NRF52840: 0xada52840,
  RP2040: 0xe48bff56, RP2XXX_ABSOLUTE: 0xe48bff57, RP2XXX_DATA: 0xe48bff58, RP2350_ARM_S: 0xe48bff59, RP2350_RISCV: 0xe48bff5a, RP2350_ARM_NS: 0xe48bff5b,
  STM32F0: 0x647824b6, STM32F1: 0x5ee21072, STM32F2: 0x5d1a0a2e, STM32F3: 0x6b846188, STM32F4: 0x57755a57, STM32F407: 0x6d0922fa, STM32F407VG: 0x8fb060fe,
  STM32F7: 0x53b80f00, STM32G0: 0x300f5633, STM32G4: 0x4c71240a, STM32H7: 0x6db66082, STM32L0: 0x202e3a91, STM32L1: 0x1e1f432d, STM32L4: 0x00ff6919,
  STM32L5: 0x04240bdf, STM32WB: 0x70d16653, STM32WL: 0x21460ff0,
  MIMXRT10XX: 0x4fb2d5bd, LPC55: 0x2abc77ec, KL32L2: 0x7f83e793,
  ESP8266: 0x7eab61ed, ESP32: 0x1c5f21b0, ESP32S2: 0xbfdd4eee, ESP32S3: 0xc47e5767, ESP32C2: 0x2b88d29c, ESP32C3: 0xd42ba06c, ESP32C6: 0x540ddf62,
  ESP32H2: 0x332726f6, ESP32P4: 0x3d308e94,
  GD32F350: 0x31d228c6, GD32VF103: 0x9af03e33, FX2: 0x5a18069b, CSK4: 0x4f6ace52, CSK6: 0x6e7348a8, M0SENSE: 0x11de784a, 'MaixPlay-U4': 0x4b684d71, RZA1LU: 0x9517422f,
};

/** Families whose chips are neither Arm nor AVR, with what they are. */
const FOREIGN: Readonly<Record<string, string>> = {
  ESP8266: 'Xtensa', ESP32: 'Xtensa', ESP32S2: 'Xtensa', ESP32S3: 'Xtensa', ESP32C2: 'RISC-V', ESP32C3: 'RISC-V', ESP32C6: 'RISC-V', ESP32H2: 'RISC-V',
  ESP32P4: 'RISC-V', RP2350_RISCV: 'RISC-V', GD32VF103: 'RISC-V', M0SENSE: 'RISC-V', 'MaixPlay-U4': 'RISC-V', FX2: '8051',
};

export function uf2FamilyName(id: number): string | undefined {
  return Object.keys(UF2_FAMILIES).find((name) => UF2_FAMILIES[name] === id);
}

/** The instruction set of a family that cannot run here; undefined for families that can, or that are not known. */
export function foreignInstructionSet(id: number): string | undefined {
  return FOREIGN[uf2FamilyName(id) ?? ''];
}
