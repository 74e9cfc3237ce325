/**
 * Where our chips differ from Nordic's SVD files on purpose, each with its reason and where that stands. `npm run check:svd`
 * fails on any other difference, and on an entry that no longer applies to any chip it names.
 */

export interface Accepted {
  /** What it is about: `PERIPHERAL.REGISTER.FIELD` as the comparison prints it. */
  readonly where: RegExp;
  readonly reason: string;
  /** Document and section; SVD files have none to quote. */
  readonly source: string;
  /** Chips it is for; all of them where it is not said. */
  readonly chips?: readonly string[];
}

const NRF51 = ['nrf51822'];
const NRF52 = ['nrf52833', 'nrf52840'];

/** The SVD files' name of a peripheral, and the chip files'. */
export const BLOCK_NAMES: Readonly<Record<string, string>> = { P0: 'gpio0', P1: 'gpio1', GPIO: 'gpio0' };

/** Registers that the nRF51's files name in one word and later ones as part of a group: one name for both here, the later one. */
export const RENAMINGS: Readonly<Record<string, string>> = {
  PSELSCK: 'PSEL.SCK', PSELMOSI: 'PSEL.MOSI', PSELMISO: 'PSEL.MISO', PSELCSN: 'PSEL.CSN', PSELSCL: 'PSEL.SCL', PSELSDA: 'PSEL.SDA',
  PSELRTS: 'PSEL.RTS', PSELTXD: 'PSEL.TXD', PSELCTS: 'PSEL.CTS', PSELRXD: 'PSEL.RXD', PSELLED: 'PSEL_LED', PSELA: 'PSEL_A', PSELB: 'PSEL_B',
  RXDPTR: 'RXD.PTR', MAXRX: 'RXD.MAXCNT', AMOUNTRX: 'RXD.AMOUNT', TXDPTR: 'TXD.PTR', MAXTX: 'TXD.MAXCNT', AMOUNTTX: 'TXD.AMOUNT',
};

export const ACCEPTED: readonly Accepted[] = [
  // -- What differs from chip to chip, or between a chip and a description of all chips.
  { where: /^FICR\.(CODEPAGESIZE|CODESIZE|DEVICEID|ER|IR|DEVICEADDR|PRODTEST|INFO_\w+|NFC_TAGHEADER\d)\.reset$/, reason: 'the file has erased words where the factory wrote something', source: 'PS v1.1, FICR: values are of one device', chips: NRF52 },
  { where: /^FICR\.TEMP_\w+\.reset$/, reason: 'the nRF52840\'s coefficients stand for the missing ones', source: 'nRF52833 PS v1.5, FICR: no values given', chips: ['nrf52833'] },
  { where: /^FICR\.\w+\.reset$/, reason: 'the file has zeros for words that the factory wrote or left erased', source: 'nRF51 RM v3.0, FICR: values are of one device', chips: NRF51 },
  { where: /^FICR\.\w+\.access$/, reason: 'the file says nothing, which counts as read-write; FICR cannot be written', source: 'nRF51 RM v3.0, FICR', chips: NRF51 },
  { where: /^FICR\.INFO_\w+\.\w+\.values$/, reason: 'one list of variants and packages for both chips', source: 'nRF52840 PS v1.1 and nRF52833 PS v1.5, FICR, INFO', chips: NRF52 },
  { where: /^FICR\.SIZERAMBLOCKS$/, reason: 'SIZERAMBLOCK[0] under its old name', source: 'nRF51 RM v3.0, FICR, SIZERAMBLOCKS (deprecated)', chips: NRF51 },
  { where: /^UICR\.\w+\.reset$/, reason: 'the file has zeros; erased flash is ones', source: 'nRF51 RM v3.0, UICR', chips: NRF51 },
  { where: /^UICR\.FWID\.access$/, reason: 'a word of flash as any other', source: 'nRF51 RM v3.0, UICR', chips: NRF51 },
  { where: /^UICR\.BOOTLOADERADDR$/, reason: 'NRFFW[0] under another name', source: 'nRF51 RM v3.0, UICR', chips: NRF51 },
  { where: /^UICR\.NRFFW\.count$/, reason: 'one map for both families: the nRF51 has 15 words, the nRF52 13', source: 'nRF51 RM v3.0 and nRF52840 PS v1.1, UICR', chips: NRF52 },
  { where: /^(POWER\.EVENTS_USBDETECTED|POWER\.USBREGSTATUS)\.reset$/, reason: 'this chip\'s cable is in when the machine starts', source: 'PS v1.1, POWER, USB supply', chips: ['nrf52840'] },

  // -- One map for chips that differ: what the chip does not have.
  { where: /^FICR\.(CLENR0|PPFC|NUMRAMBLOCK|SIZERAMBLOCK|CONFIGID|OVERRIDEEN|NRF_1MBIT|BLE_1MBIT)$/, reason: 'the nRF51\'s; erased here', source: 'nRF51 RM v3.0, FICR', chips: NRF52 },
  { where: /^FICR\.(INFO_\w+|PRODTEST|TEMP_\w+|NFC_TAGHEADER\d)$/, reason: 'the nRF52\'s; erased here', source: 'nRF52840 PS v1.1, FICR', chips: NRF51 },
  { where: /^FICR\.TRNG90B_\w+$/, reason: 'the nRF52840\'s; erased here', source: 'nRF52840 PS v1.1, FICR', chips: ['nrf51822', 'nrf52833'] },
  { where: /^UICR\.(CLENR0|RBPCONF|XTALFREQ|FWID)$/, reason: 'names of the nRF51\'s words', source: 'nRF51 RM v3.0, UICR', chips: NRF52 },
  { where: /^UICR\.(PSELRESET|APPROTECT|NFCPINS|DEBUGCTRL|REGOUT0)$/, reason: 'names of the nRF52\'s words', source: 'nRF52840 PS v1.1, UICR', chips: NRF51 },
  { where: /^(CLOCK|POWER)\.INTEN(SET|CLR)\.\w+$/, reason: 'CLOCK and POWER share these two registers, and each shows the events of both', source: 'PS v1.1, CLOCK and POWER: one peripheral ID', chips: ['nrf51822', 'nrf52833', 'nrf52840'] },
  { where: /^CLOCK\.XTALFREQ$/, reason: 'the nRF51\'s', source: 'nRF51 RM v3.0, CLOCK', chips: NRF52 },
  { where: /^CLOCK\.LFXODEBOUNCE$/, reason: 'the nRF52833\'s', source: 'nRF52833 PS v1.5, CLOCK', chips: ['nrf52840'] },
  { where: /^CLOCK\.LFRCMODE$/, reason: 'the nRF52840\'s', source: 'nRF52840 PS v1.1, CLOCK', chips: ['nrf52833'] },
  { where: /^CLOCK\.(EVENTS_CTSTARTED|EVENTS_CTSTOPPED|HFXODEBOUNCE|LFXODEBOUNCE|TRACECONFIG|LFRCMODE|LFCLKSRC\.BYPASS|LFCLKSRC\.EXTERNAL)$/, reason: 'the nRF52\'s', source: 'nRF52840 PS v1.1, CLOCK', chips: NRF51 },
  { where: /^POWER\.(RAMON|RAMONB|RESET|DCDCFORCE)$/, reason: 'the nRF51\'s', source: 'nRF51 RM v3.0, POWER', chips: NRF52 },
  { where: /^POWER\.DCDCEN0$/, reason: 'the nRF52840\'s and the nRF52833\'s high-voltage stage; the file of the nRF52833 leaves it out', source: 'nRF52840 PS v1.1, POWER', chips: ['nrf52833'] },
  { where: /^POWER\.(EVENTS_SLEEPENTER|EVENTS_SLEEPEXIT|EVENTS_USB\w+|USBREGSTATUS|GPREGRET2|DCDCEN0|MAINREGSTATUS|RAM_POWER(SET|CLR)?|RESETREAS\.(NFC|VBUS)|POFCON\.THRESHOLD(VDDH)?(\.values)?)$/, reason: 'the nRF52\'s', source: 'nRF52840 PS v1.1, POWER', chips: NRF51 },
  { where: /^TEMP\.[ABT]\d$/, reason: 'the nRF52\'s coefficients', source: 'nRF52840 PS v1.1, TEMP', chips: NRF51 },
  { where: /^NVMC\.(READYNEXT|ERASEPAGEPARTIAL|ERASEPAGEPARTIALCFG|ICACHECNF|IHIT|IMISS)$/, reason: 'the nRF52\'s', source: 'nRF52840 PS v1.1, NVMC', chips: NRF51 },
  { where: /^GPIO\.(LATCH|DETECTMODE)$/, reason: 'the nRF52\'s', source: 'nRF52840 PS v1.1, GPIO', chips: NRF51 },
  { where: /^SPIS1\.(RXD|TXD)\.LIST$/, reason: 'the nRF52\'s', source: 'nRF52840 PS v1.1, SPIS', chips: NRF51 },
  { where: /^TIMER0\.MODE\.MODE(\.values)?$/, reason: 'low-power counter mode is the nRF52\'s', source: 'nRF52840 PS v1.1, TIMER', chips: NRF51 },
  { where: /^\w+\.PSEL(RTS|TXD|CTS|RXD|SCK|MOSI|MISO|CSN|SCL|SDA)\.(PIN|PORT|CONNECT)$/, reason: 'the nRF52\'s names of the bits; a pin number, or all ones, has the same place in them', source: 'nRF51 RM v3.0, UART, PSELTXD', chips: NRF51 },
  { where: /^(SPI0|TWI0|SPIS1)\.ENABLE\.ENABLE$/, reason: 'the nRF52\'s field is one bit wider; its values are the same', source: 'nRF52840 PS v1.1, SPI', chips: NRF51 },

  // -- Where the file is wrong or says less than silicon does.
  { where: /^TIMER[012]\.(TASKS_CAPTURE\.count|EVENTS_COMPARE\.count|CC\.count|SHORTS\.COMPARE[45]_\w+|INTEN(SET|CLR)\.COMPARE[45])$/, reason: 'the file describes the largest instance; TIMER0 to TIMER2 have four', source: 'PS v1.1, TIMER, Registers, instances: CC[0..3]', chips: NRF52 },
  { where: /^CLOCK\.HFCLKSTAT\.reset$/, reason: 'the core that reads it runs on HFCLK', source: 'PS v1.1, CLOCK, HFCLK: HFINT starts when the core needs it' },
  { where: /^NVMC\.READY(NEXT)?\.reset$/, reason: 'nothing is being written or erased after reset', source: 'nRF52840 PS v1.1, NVMC, READY', chips: ['nrf51822', 'nrf52840'] },
  { where: /^NVMC\.ERASE\w+\.access$/, reason: 'this chip\'s file alone says write-only; they read as zero afterwards on both', source: 'nRF52840 PS v1.1, NVMC: RW', chips: ['nrf52833'] },
  { where: /^NVMC\.ERASEPCR1$/, reason: 'ERASEPAGE under another name, at its address', source: 'PS v1.1, NVMC, ERASEPCR1 (deprecated)' },
  { where: /^POWER\.RAM_POWER(SET|CLR)\.access$/, reason: 'reads give RAM[n].POWER, as of all registers that set and clear bits', source: 'PS v1.1, POWER: W; nothing is said of reading', chips: NRF52 },
  { where: /^POWER\.RAMSTATUS\.reset$/, reason: 'both blocks of RAM are on', source: 'nRF51 RM v3.0, POWER, RAMON', chips: NRF51 },
  { where: /^\w+\.POWER\.reset$/, reason: 'peripherals are on after reset', source: 'nRF51 RM v3.0, POWER register of each peripheral; the file gives no value', chips: NRF51 },
  { where: /^UART0\.BAUDRATE\.reset$/, reason: 'the file gives no value', source: 'nRF52840 PS v1.1, UART, BAUDRATE', chips: NRF51 },
  { where: /^SWI$/, reason: 'six interrupts without registers; software pends them in the NVIC', source: 'nRF51 RM v3.0, SWI', chips: NRF51 },

  { where: /^RADIO\.EDSAMPLE\.access$/, reason: 'a level that RADIO measures: writing it would mean nothing', source: 'PS v1.1, RADIO, EDSAMPLE', chips: ['nrf52840'] },
  { where: /^RADIO\.TXPOWER\.TXPOWER\.values$/, reason: 'the names are the nRF52\'s', source: 'nRF51 RM v3.0, RADIO, TXPOWER', chips: NRF51 },
  { where: /^MWU\.PREGION_(START|END)\.reset$/, reason: 'constants that the file gives no value for', source: 'PS v1.1, MWU, peripheral regions', chips: NRF52 },
  { where: /^QSPI\.STATUS\.reset$/, reason: 'the peripheral is ready, and no status of the flash was read', source: 'nRF52840 PS v1.1, QSPI, STATUS', chips: ['nrf52840'] },
  { where: /^CC_HOST_RGF$/, reason: 'registers of CRYPTOCELL, in its instance', source: 'nRF52840 PS v1.1, CRYPTOCELL', chips: ['nrf52840'] },
  { where: /^CRYPTOCELL\.\w+$/, reason: 'CC310\'s own registers, which the file leaves to Arm, and those of CC_HOST_RGF', source: 'Arm CryptoCell-312 driver, public registers', chips: ['nrf52840'] },
  { where: /^SAADC\.CALIBRATION$/, reason: 'saved by firmware around POWER: a workaround', source: 'nRF52840 Errata v1.4, SAADC', chips: NRF52 },

  // -- Registers that no description has and that vendors' code uses.
  { where: /^\w+\.POWER$/, reason: 'the switch of the nRF51 is still there; workarounds for errata use it', source: 'nRF52840 Errata v1.4; nrf51.svd', chips: NRF52 },
  { where: /^FICR\.(PARTID|REVISION|TRIM)$/, reason: 'read by the vendor\'s start-up code to know the revision, and its trim values', source: 'nRF52840 Errata v1.4, 115; MDK, system_nrf52.c' },
  { where: /^POWER\.TRIM$/, reason: 'written by the vendor\'s start-up code', source: 'nRF52840 Errata v1.4, 115; MDK, system_nrf52.c' },
  { where: /^TIMER0\.PAN_73$/, reason: 'written by the vendor\'s code before TIMER starts', source: 'nRF51822 PAN v3.0, 73' },
  { where: /^SPIM0\.ERRATUM_195$/, reason: 'written by a workaround', source: 'nRF52840 Errata v1.4, 195', chips: NRF52 },
  { where: /^USBD\.(TESTADDRESS|TESTDATA|DMAPENDING)$/, reason: 'written by the vendor\'s driver', source: 'nRF52840 Errata v1.4, 166 and 199; nrfx, nrfx_usbd.c', chips: NRF52 },
];
