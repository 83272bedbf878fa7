import { expect, it } from 'vitest';
import { DataFiles } from '../../src/cost/index.js';
import { dataFile } from '../unit/fixtures-cost/load.js';

/** The files of the package, with the names in the order they were read. */
function counted(): { files: DataFiles; read: string[] } {
  const read: string[] = [];
  const files = new DataFiles((name) => {
    read.push(name);
    return dataFile(name);
  });
  return { files, read };
}

it('data files are read when they are asked for, and once', () => {
  const { files, read } = counted();
  expect(read).toEqual([]);
  const build = files.build('gcc12c-rfc');
  expect(read).toEqual(['builds/gcc12c-rfc.json', 'sites.json']);
  expect(files.build('gcc12c-rfc')).toBe(build);
  expect(files.sources.kernels).toBe(files.kernels);
  expect(files.sources.calibration).toBe(files.sources.calibration);
  expect(new Set(read).size).toBe(read.length);
});

it('a data file that is not what it should be is refused by name', () => {
  expect(() => new DataFiles(() => ({})).profiles).toThrow(/^profiles\.json: /);
  expect(() => new DataFiles(() => undefined).build('none')).toThrow(/^sites\.json: |^builds\/none\.json: /);
});
