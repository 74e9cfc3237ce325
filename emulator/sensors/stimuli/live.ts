/** Live sources: see LiveSource. */
import type { Material } from './material.js';

export interface LiveSource { material(): Material }
export type LiveSources = ReadonlyMap<string, LiveSource>;
