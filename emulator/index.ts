/**
 * The library's front door: everything that outsiders import.
 *
 * A run takes four steps: `loadFirmware` reads a file's bytes, `parseBoard` reads a board and its chip from their
 * texts, `createMachine` builds the machine, `Machine.load` and `Machine.run` let it run. Nothing here reads files or
 * knows a wall clock, so the same code runs in Node and in a browser.
 */
import type { Board } from './boards/index.js';
import { EmulatedMachine } from './machine.js';
import type { FirmwareImage } from './loader/index.js';
import type { Machine, MachineOptions } from './machine-api.js';
import { runModelOn, type Model, type ModelReport, type ModelRunOptions } from './models/index.js';

/**
 * Builds the machine that a board description stands for, switched on and without firmware.
 * @param options `seed` decides everything random in the simulation; 0 unless given
 * @throws Error when the description asks for what this emulator does not have
 */
export function createMachine(board: Board, options: Partial<MachineOptions> = {}): Machine {
  return new EmulatedMachine(board, { seed: 0, ...options });
}

/**
 * Runs a TensorFlow Lite model on a board, as `thumbelina model` does.
 * @param runner image of firmware-samples/runner for the board's core, `runner.${runnerCore(board)}.elf`
 * @throws ModelError when the model does not fit, has an operator that the runtime lacks, or does not end
 */
export function runModel(board: Board, runner: FirmwareImage, model: Model, options: ModelRunOptions): ModelReport {
  return runModelOn(createMachine, board, runner, model, options);
}

export {
  ModelError, npyKind, randomInput, readInput, readModel, realValues, runnerCore, storedValues, writeNpy,
  type InputOptions, type LayerFigures, type Model, type ModelReport, type ModelRunOptions, type Operator, type Quantisation, type RunningEnergy, type Tensor,
} from './models/index.js';
export { MachineError } from './machine/machine-error.js';
export type {
  BoardSummary, CoreView, Disassembled, FaultStatus, LedMatrix, Machine, MachineOptions, MemoryUse, PartView, PinsView,
  ResetRecord, Serial, StopReason, TranslationFigures, Watchpoint,
} from './machine-api.js';

export {
  BoardError, listParts, parseBoard, parsePart, withPart, type Board, type Chip, type PartEntry, type PartListing, type Problem, type SourceText,
} from './boards/index.js';
export {
  FirmwareError, loadFirmware, type CodeRange, type FirmwareFormat, type FirmwareImage, type FirmwareSymbol,
  type LoadOptions, type Section, type Segment,
} from './loader/index.js';
export {
  Errno, HostFileError, Semihosting, type ConsoleInput, type ConsoleOutput, type HostFiles, type OpenHostFile,
  type OpenMode, type SemihostingHost,
} from './semihosting/index.js';

export { Word } from './cores/cortex-m/state.js';
export { avrDisassembler } from './debug/avr-disassembler.js';
export { cortexMDisassembler } from './debug/cortex-m-disassembler.js';
export { DISASSEMBLED_CORES, disassemblerOf } from './debug/disassemblers.js';
export { listImage, type Disassembler, type ReadByte } from './debug/disassembly.js';
export { exceptionName, faultReport, isFaultStop, type FaultReportInputs } from './debug/fault-report.js';
export { InstructionHistory } from './debug/instruction-history.js';
export { DEFAULT_SPACING, Profile, type ProfiledFunction, type ProfileSummary } from './debug/profile.js';
export { SymbolTable, type NamedAddress } from './debug/symbols.js';
export { VcdRecorder, type VcdOptions } from './debug/vcd.js';
export { mixed, placed, played, readCsv, readWav, StimulusError, type Placement, type Recording, type Signal } from './sensors/index.js';
export {
  descriptionOf, LiveSound, LiveValues, parseStimuli, parseStimuliText, recordedStimuli, Stimuli, stimulusFrom, trackOfFlag, trackOfInput, writeResd, writeSds,
  type LiveSource, type LiveSources, type SourceInput, type StimuliDescription, type StimulusOptions, type Target, type Track, type TrackInput,
} from './sensors/index.js';
export { Inputs, QUANTITIES, type Colour, type Control, type Picture, type PictureStimulus, type Quantity, type Shown, type Stimulus } from './sensors/index.js';
export { formatDuration, parseDuration } from './time/duration.js';
export type { AirPacket } from './wires/ether.js';
export { Net, Pin, type Drive, type Pull } from './wires/net.js';
