/** A stimulus that cannot be used: one line with what is wrong and what to do. */
export class StimulusError extends Error {}
