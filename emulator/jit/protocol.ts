/** What translated functions, their callers and the host agree upon. */

/** What a function that is not there answers: no instruction has an odd address. */
export const NOT_TRANSLATED = 1;
/** Helper that runs one instruction in the interpreter. */
export const INTERPRET = 'interpret';
/** In the depth: one call. */
export const ONE_CALL = 256;
/** Entries of the cache of functions by address, eight bytes each: address and index in the table. */
export const CALL_CACHE_ENTRIES = 1024;

/** Why translated code came back; 0 after an indirect branch. `EXCHANGE`: before a branch that leaves ordinary code. */
export const Exit = { INDIRECT: 0, SIDE: 1, LIMIT: 2, AWAY: 3, RETURNED_ELSEWHERE: 4, UNTRANSLATED: 5, EXCHANGE: 6 } as const;
