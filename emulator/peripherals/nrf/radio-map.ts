/**
 * Registers of RADIO. Source: nRF51 Reference Manual v3.0; nRF52840 Product Specification v1.1; nRF52833 Product Specification v1.5.
 * Direction finding of nRF52833 is not modelled.
 */
import { bit, bits, choice, registerMap } from '../registers/index.js';
import { POWER_SWITCH } from './power-switch.js';

/** Powers in dBm, as signed bytes. The nRF51 has those from 4 dBm down in steps of 4, and calls 0xd8 Neg30dBm. */
const TXPOWERS = {
  Pos8dBm: 8, Pos7dBm: 7, Pos6dBm: 6, Pos5dBm: 5, Pos4dBm: 4, Pos3dBm: 3, Pos2dBm: 2, '0dBm': 0,
  Neg4dBm: 0xfc, Neg8dBm: 0xf8, Neg12dBm: 0xf4, Neg16dBm: 0xf0, Neg20dBm: 0xec, Neg30dBm: 0xe2, Neg40dBm: 0xd8,
} as const;
const EIGHT_FLAGS = {
  ADDR0: bit(0), ADDR1: bit(1), ADDR2: bit(2), ADDR3: bit(3), ADDR4: bit(4), ADDR5: bit(5), ADDR6: bit(6), ADDR7: bit(7),
} as const;
const ADDRESS_MATCH = { ENA: bits(0, 7), TXADD: bits(8, 15) } as const;
const INTERRUPTS = {
  READY: bit(0), ADDRESS: bit(1), PAYLOAD: bit(2), END: bit(3), DISABLED: bit(4), DEVMATCH: bit(5), DEVMISS: bit(6), RSSIEND: bit(7), BCMATCH: bit(10),
} as const;
const INTERRUPTS_NRF52 = {
  ...INTERRUPTS, CRCOK: bit(12), CRCERROR: bit(13), FRAMESTART: bit(14), EDEND: bit(15), EDSTOPPED: bit(16), CCAIDLE: bit(17), CCABUSY: bit(18),
  CCASTOPPED: bit(19), RATEBOOST: bit(20), TXREADY: bit(21), RXREADY: bit(22), MHRMATCH: bit(23), SYNC: bit(26), PHYEND: bit(27),
} as const;
const SHORTS = {
  READY_START: bit(0), END_DISABLE: bit(1), DISABLED_TXEN: bit(2), DISABLED_RXEN: bit(3), ADDRESS_RSSISTART: bit(4), END_START: bit(5),
  ADDRESS_BCSTART: bit(6), DISABLED_RSSISTOP: bit(8),
} as const;
const SHORTS_NRF52 = {
  ...SHORTS, RXREADY_CCASTART: bit(11), CCAIDLE_TXEN: bit(12), CCABUSY_DISABLE: bit(13), FRAMESTART_BCSTART: bit(14), READY_EDSTART: bit(15),
  EDEND_DISABLE: bit(16), CCAIDLE_STOP: bit(17), TXREADY_START: bit(18), RXREADY_START: bit(19), PHYEND_DISABLE: bit(20), PHYEND_START: bit(21),
} as const;
const STATES = { Disabled: 0, RxRu: 1, RxIdle: 2, Rx: 3, RxDisable: 4, TxRu: 9, TxIdle: 10, Tx: 11, TxDisable: 12 } as const;

const COMMON = {
  TASKS_TXEN:      { at: 0x000, kind: 'task' },
  TASKS_RXEN:      { at: 0x004, kind: 'task' },
  TASKS_START:     { at: 0x008, kind: 'task' },
  TASKS_STOP:      { at: 0x00c, kind: 'task' },
  TASKS_DISABLE:   { at: 0x010, kind: 'task' },
  TASKS_RSSISTART: { at: 0x014, kind: 'task' },
  TASKS_RSSISTOP:  { at: 0x018, kind: 'task' },
  TASKS_BCSTART:   { at: 0x01c, kind: 'task' },
  TASKS_BCSTOP:    { at: 0x020, kind: 'task' },
  EVENTS_READY:    { at: 0x100, kind: 'event' },
  EVENTS_ADDRESS:  { at: 0x104, kind: 'event' },
  EVENTS_PAYLOAD:  { at: 0x108, kind: 'event' },
  EVENTS_END:      { at: 0x10c, kind: 'event' },
  EVENTS_DISABLED: { at: 0x110, kind: 'event' },
  EVENTS_DEVMATCH: { at: 0x114, kind: 'event' },
  EVENTS_DEVMISS:  { at: 0x118, kind: 'event' },
  EVENTS_RSSIEND:  { at: 0x11c, kind: 'event' },
  EVENTS_BCMATCH:  { at: 0x128, kind: 'event' },
  CRCSTATUS:       { at: 0x400, kind: 'ro', fields: { CRCSTATUS: choice(0, 0, { CRCError: 0, CRCOk: 1 }) } },
  RXMATCH:         { at: 0x408, kind: 'ro', fields: { RXMATCH: bits(0, 2) } },
  RXCRC:           { at: 0x40c, kind: 'ro', fields: { RXCRC: bits(0, 23) } },
  DAI:             { at: 0x410, kind: 'ro', fields: { DAI: bits(0, 2) } },
  PACKETPTR:       { at: 0x504 },
  TXPOWER:         { at: 0x50c, fields: { TXPOWER: choice(0, 7, TXPOWERS) } },
  PCNF1:           { at: 0x518, fields: { MAXLEN: bits(0, 7), STATLEN: bits(8, 15), BALEN: bits(16, 18), ENDIAN: choice(24, 24, { Little: 0, Big: 1 }), WHITEEN: bit(25) } },
  BASE0:           { at: 0x51c },
  BASE1:           { at: 0x520 },
  PREFIX0:         { at: 0x524, fields: { AP0: bits(0, 7), AP1: bits(8, 15), AP2: bits(16, 23), AP3: bits(24, 31) } },
  PREFIX1:         { at: 0x528, fields: { AP4: bits(0, 7), AP5: bits(8, 15), AP6: bits(16, 23), AP7: bits(24, 31) } },
  TXADDRESS:       { at: 0x52c, fields: { TXADDRESS: bits(0, 2) } },
  RXADDRESSES:     { at: 0x530, fields: EIGHT_FLAGS },
  CRCPOLY:         { at: 0x538, fields: { CRCPOLY: bits(0, 23) } },
  CRCINIT:         { at: 0x53c, fields: { CRCINIT: bits(0, 23) } },
  RSSISAMPLE:      { at: 0x548, kind: 'ro', fields: { RSSISAMPLE: bits(0, 6) } },
  STATE:           { at: 0x550, kind: 'ro', fields: { STATE: choice(0, 3, STATES) } },
  DATAWHITEIV:     { at: 0x554, reset: 0x40, fields: { DATAWHITEIV: bits(0, 6) } },
  BCC:             { at: 0x560 },
  DAB:             { at: 0x600, count: 8 },
  DAP:             { at: 0x620, count: 8, fields: { DAP: bits(0, 15) } },
  DACNF:           { at: 0x640, fields: ADDRESS_MATCH },
  ...POWER_SWITCH,
} as const;

const NRF52 = {
  ...COMMON,
  TASKS_EDSTART:     { at: 0x024, kind: 'task' },
  TASKS_EDSTOP:      { at: 0x028, kind: 'task' },
  TASKS_CCASTART:    { at: 0x02c, kind: 'task' },
  TASKS_CCASTOP:     { at: 0x030, kind: 'task' },
  EVENTS_CRCOK:      { at: 0x130, kind: 'event' },
  EVENTS_CRCERROR:   { at: 0x134, kind: 'event' },
  EVENTS_FRAMESTART: { at: 0x138, kind: 'event' },
  EVENTS_EDEND:      { at: 0x13c, kind: 'event' },
  EVENTS_EDSTOPPED:  { at: 0x140, kind: 'event' },
  EVENTS_CCAIDLE:    { at: 0x144, kind: 'event' },
  EVENTS_CCABUSY:    { at: 0x148, kind: 'event' },
  EVENTS_CCASTOPPED: { at: 0x14c, kind: 'event' },
  EVENTS_RATEBOOST:  { at: 0x150, kind: 'event' },
  EVENTS_TXREADY:    { at: 0x154, kind: 'event' },
  EVENTS_RXREADY:    { at: 0x158, kind: 'event' },
  EVENTS_MHRMATCH:   { at: 0x15c, kind: 'event' },
  EVENTS_SYNC:       { at: 0x168, kind: 'event' },
  EVENTS_PHYEND:     { at: 0x16c, kind: 'event' },
  SHORTS:            { at: 0x200, fields: SHORTS_NRF52 },
  INTENSET:          { at: 0x304, kind: 'w1s', fields: INTERRUPTS_NRF52 },
  INTENCLR:          { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  PDUSTAT:           { at: 0x414, kind: 'ro', fields: { PDUSTAT: choice(0, 0, { LessThan: 0, GreaterThan: 1 }), CISTAT: choice(1, 2, { LR125kbit: 0, LR500kbit: 1 }) } },
  FREQUENCY:         { at: 0x508, reset: 2, fields: { FREQUENCY: bits(0, 6), MAP: choice(8, 8, { Default: 0, Low: 1 }) } },
  MODE:              { at: 0x510, fields: { MODE: choice(0, 3, { Nrf_1Mbit: 0, Nrf_2Mbit: 1, Ble_1Mbit: 3, Ble_2Mbit: 4, Ble_LR125Kbit: 5, Ble_LR500Kbit: 6, Ieee802154_250Kbit: 15 }) } },
  PCNF0:             { at: 0x514, fields: { LFLEN: bits(0, 3), S0LEN: bit(8), S1LEN: bits(16, 19), S1INCL: choice(20, 20, { Automatic: 0, Include: 1 }), CILEN: bits(22, 23), PLEN: choice(24, 25, { '8bit': 0, '16bit': 1, '32bitZero': 2, LongRange: 3 }), CRCINC: choice(26, 26, { Exclude: 0, Include: 1 }), TERMLEN: bits(29, 30) } },
  CRCCNF:            { at: 0x534, fields: { LEN: choice(0, 1, { Disabled: 0, One: 1, Two: 2, Three: 3 }), SKIPADDR: choice(8, 9, { Include: 0, Skip: 1, Ieee802154: 2 }) } },
  TIFS:              { at: 0x544, fields: { TIFS: bits(0, 9) } },
  MHRMATCHCONF:      { at: 0x644 },
  MHRMATCHMAS:       { at: 0x648 },
  MODECNF0:          { at: 0x650, reset: 0x200, fields: { RU: choice(0, 0, { Default: 0, Fast: 1 }), DTX: choice(8, 9, { B1: 0, B0: 1, Center: 2 }) } },
  SFD:               { at: 0x660, reset: 0xa7, fields: { SFD: bits(0, 7) } },
  EDCNT:             { at: 0x664, fields: { EDCNT: bits(0, 20) } },
  EDSAMPLE:          { at: 0x668, kind: 'ro', fields: { EDLVL: bits(0, 7) } },
  CCACTRL:           { at: 0x66c, reset: 0x052d_0000, fields: { CCAMODE: choice(0, 2, { EdMode: 0, CarrierMode: 1, CarrierAndEdMode: 2, CarrierOrEdMode: 3, EdModeTest1: 4 }), CCAEDTHRES: bits(8, 15), CCACORRTHRES: bits(16, 23), CCACORRCNT: bits(24, 31) } },
} as const;

export const RADIO = registerMap(NRF52);
export type RadioSpec = typeof RADIO.spec;

export const RADIO_NRF51 = registerMap({
  ...COMMON,
  SHORTS:    { at: 0x200, fields: SHORTS },
  INTENSET:  { at: 0x304, kind: 'w1s', fields: INTERRUPTS },
  INTENCLR:  { at: 0x308, kind: 'clearBits', of: 'INTENSET' },
  FREQUENCY: { at: 0x508, reset: 2, fields: { FREQUENCY: bits(0, 6) } },
  MODE:      { at: 0x510, fields: { MODE: choice(0, 1, { Nrf_1Mbit: 0, Nrf_2Mbit: 1, Nrf_250Kbit: 2, Ble_1Mbit: 3 }) } },
  PCNF0:     { at: 0x514, fields: { LFLEN: bits(0, 3), S0LEN: bit(8), S1LEN: bits(16, 19) } },
  CRCCNF:    { at: 0x534, fields: { LEN: choice(0, 1, { Disabled: 0, One: 1, Two: 2, Three: 3 }), SKIPADDR: choice(8, 8, { Include: 0, Skip: 1 }) } },
  TEST:      { at: 0x540, fields: { CONSTCARRIER: bit(0, { unmodelled: true }), PLLLOCK: bit(1, { unmodelled: true }) } },
  TIFS:      { at: 0x544, fields: { TIFS: bits(0, 7) } },
  // "Trim value override": how a radio sends and hears, not what.
  OVERRIDE0: { at: 0x724 },
  OVERRIDE1: { at: 0x728 },
  OVERRIDE2: { at: 0x72c },
  OVERRIDE3: { at: 0x730 },
  OVERRIDE4: { at: 0x734, fields: { OVERRIDE4: bits(0, 27), ENABLE: bit(31) } },
});

const UNMODELLED = { unmodelled: true } as const;
const SPACING = { '4us': 1, '2us': 2, '1us': 3, '500ns': 4, '250ns': 5, '125ns': 6 } as const;

export const RADIO_NRF52833 = registerMap({
  ...NRF52,
  EVENTS_CTEPRESENT: { at: 0x170, kind: 'event' },
  INTENSET:          { at: 0x304, kind: 'w1s', fields: { ...INTERRUPTS_NRF52, CTEPRESENT: bit(28) } },
  CTESTATUS:         { at: 0x44c, kind: 'ro', fields: { CTETIME: bits(0, 4), RFU: bit(5), CTETYPE: bits(6, 7) } },
  DFESTATUS:         { at: 0x458, kind: 'ro', fields: { SWITCHINGSTATE: choice(0, 2, { Idle: 0, Offset: 1, Guard: 2, Ref: 3, Switching: 4, Ending: 5 }), SAMPLINGSTATE: choice(4, 4, { Idle: 0, Sampling: 1 }) } },
  DFEMODE:           { at: 0x900, fields: { DFEOPMODE: choice(0, 1, { Disabled: 0, AoD: 2, AoA: 3 }, UNMODELLED) } },
  CTEINLINECONF:     { at: 0x904, reset: 0x2800, ...UNMODELLED, fields: { CTEINLINECTRLEN: bit(0), CTEINFOINS1: choice(3, 3, { NotInS1: 0, InS1: 1 }), CTEERRORHANDLING: choice(4, 4, { No: 0, Yes: 1 }), CTETIMEVALIDRANGE: choice(6, 7, { '20': 0, '31': 1, '63': 2 }), CTEINLINERXMODE1US: choice(10, 12, SPACING), CTEINLINERXMODE2US: choice(13, 15, SPACING), S0CONF: bits(16, 23), S0MASK: bits(24, 31) } },
  DFECTRL1:          { at: 0x910, reset: 0x0002_3282, ...UNMODELLED, fields: { NUMBEROF8US: bits(0, 5), DFEINEXTENSION: choice(7, 7, { Payload: 0, CRC: 1 }), TSWITCHSPACING: choice(8, 10, { '4us': 1, '2us': 2, '1us': 3 }), TSAMPLESPACINGREF: choice(12, 14, SPACING), SAMPLETYPE: choice(15, 15, { IQ: 0, MagPhase: 1 }), TSAMPLESPACING: choice(16, 18, SPACING), REPEATPATTERN: choice(20, 23, { NoRepeat: 0 }), AGCBACKOFFGAIN: bits(24, 27) } },
  DFECTRL2:          { at: 0x914, ...UNMODELLED, fields: { TSWITCHOFFSET: bits(0, 12), TSAMPLEOFFSET: bits(16, 27) } },
  SWITCHPATTERN:     { at: 0x928, ...UNMODELLED, fields: { SWITCHPATTERN: bits(0, 7) } },
  CLEARPATTERN:      { at: 0x92c, ...UNMODELLED, fields: { CLEARPATTERN: bit(0) } },
  PSEL_DFEGPIO:      { at: 0x930, count: 8, reset: 0xffff_ffff, raz: false, ...UNMODELLED, fields: { PIN: bits(0, 4), PORT: bit(5), CONNECT: choice(31, 31, { Connected: 0, Disconnected: 1 }) } },
  DFEPACKET_PTR:     { at: 0x950, ...UNMODELLED },
  DFEPACKET_MAXCNT:  { at: 0x954, reset: 0x1000, ...UNMODELLED, fields: { MAXCNT: bits(0, 13) } },
  DFEPACKET_AMOUNT:  { at: 0x958, kind: 'ro', fields: { AMOUNT: bits(0, 15) } },
});
