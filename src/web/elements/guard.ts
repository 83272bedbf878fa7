import { checkInteger, checkObject, checkU64 } from '../../core/check.js';

type Check = (what: string, value: unknown) => unknown;

/**
 * Has properties of an element that is defined refuse what they cannot show where they are set, with what they showed
 * before left as it is. Otherwise it would come out when the element is drawn, apart from who set it.
 */
export function guard(element: CustomElementConstructor, checks: Readonly<Record<string, Check>>): void {
  for (const [name, check] of Object.entries(checks)) {
    const accessor = Object.getOwnPropertyDescriptor(element.prototype, name) as PropertyDescriptor;
    Object.defineProperty(element.prototype, name, {
      ...accessor,
      set(value: unknown): void {
        check(name, value);
        accessor.set?.call(this, value);
      },
    });
  }
}

/** An object with the fields, of which each passes its check; or undefined, with which nothing is shown. */
export function optional(fields: Readonly<Record<string, Check>>): Check {
  return (what, value) => value === undefined || whole(fields)(what, value);
}

/** An object with the fields, of which each passes its check. */
export function whole(fields: Readonly<Record<string, Check>>): Check {
  return (what, value) => {
    const object = checkObject(what, value as object) as Record<string, unknown>;
    for (const [name, check] of Object.entries(fields)) check(`${what}.${name}`, object[name]);
  };
}

/** A u64 that need not be there. */
export const optionalU64: Check = (what, value) => value === undefined || checkU64(what, value);

/** An integer of a range. */
export function integer(least: number, most: number): Check {
  return (what, value) => checkInteger(what, value, least, most);
}
