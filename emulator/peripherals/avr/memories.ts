/** Where an AVR chip's memories lie among the machine's addresses: as its ELF files have them (binutils, avr-libc "Memory sections"). */
export const AVR_MEMORY = { flash: 0, data: 0x80_0000, eeprom: 0x81_0000, fuses: 0x82_0000, lock: 0x83_0000, signature: 0x84_0000 } as const;
