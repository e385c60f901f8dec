// The one payload that all variants carry: about 200 bytes of JSON, with what the receivers check in it.

/** The data of a message. */
export interface Data {
  readonly text: string;
}

/** Stands before the stamp; nothing else that a variant writes holds these two bytes. */
export const mark: Buffer = Buffer.from('§');
export const sequenceDigits = 8;
export const receiverDigits = 6;
export const timeDigits = 16;
/** The mark and what is read after it. */
export const stampBytes = mark.length + sequenceDigits + receiverDigits + timeDigits;
/** Stands for the receiver where everybody is one. */
export const everybody = 999_999;

const filler = 'x'.repeat(156);

/**
 * A message: its number in the sequence that the receiver sees, whose it is, and when it was made.
 * @param receiver - index of the receiver, or `everybody`
 */
export function messageOf(sequence: number, receiver: number): Data {
  const stamp =
    String(sequence).padStart(sequenceDigits, '0') +
    String(receiver).padStart(receiverDigits, '0') +
    String(nowMicroseconds()).padStart(timeDigits, '0');
  return { text: `§${stamp}${filler}` };
}

/** A clock that all processes of the machine share. */
export function nowMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The user that a receiver's token names. */
export function userIdOf(receiver: number): string {
  return `u${receiver}`;
}
