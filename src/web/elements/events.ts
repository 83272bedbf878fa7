/** The value of the control that an event is about. */
export function chosen(event: Event): string {
  return (event.currentTarget as HTMLInputElement | HTMLSelectElement).value;
}

/** What a view says of a task that was given up. */
export const CANCELLED = 'Cancelled.';

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
