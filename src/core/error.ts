/** Misuse of the API: a code in the style of errno and the offending value in the message. */
export class Stage2Error extends Error {
  /** In the style of errno, such as `EINVAL`. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'Stage2Error';
    this.code = code;
  }
}

/** 0x-prefixed hex of a number or bigint. */
export function hex(value: bigint | number): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}
