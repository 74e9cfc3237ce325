/** What files and descriptions say is quoted in messages, but no line breaks and nothing that a terminal obeys. */
const NOT_SHOWN = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/** A stimulus that cannot be used: one line with what is wrong and what to do. */
export class StimulusError extends Error {
  constructor(message: string) {
    super(message.replace(NOT_SHOWN, ' '));
  }
}
