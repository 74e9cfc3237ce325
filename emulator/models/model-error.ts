/** A model, an input or a board that does not do: what, where, what to do. One line; the caller puts the file's name in front. */
export class ModelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ModelError';
  }
}
