/** One thing to measure: `run` does `operations` of them. */
export interface BenchCase {
  name: string;
  unit: string;
  /** Goal in operations per second, from the project's targets; undefined where none is set. */
  goal?: number;
  operations: number;
  run(): void;
}
