// The layers of the project, held by what its files import and name.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { accountedWasm, functionalWasm } from '../../src/core/wasm.generated.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAX_LINES = 320;
const GENERATED = 'src/core/wasm.generated.ts';
const NOT_OURS = new Set(['node_modules', 'build', 'dist', '.git']);

/** Files below a folder, as paths from the root of the repository. */
function filesBelow(folder: string): string[] {
  const from = join(ROOT, folder);
  if (!existsSync(from)) return [];
  return readdirSync(from, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_OURS.has(entry.name) || entry.name.startsWith('.dist-')) return [];
    return entry.isDirectory() ? filesBelow(path) : [path.split(sep).join('/')];
  });
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const modules = (folder: string) => filesBelow(folder).filter((path) => path.endsWith('.ts'));

interface Import {
  from: string;
  /** What is imported: a path from the root, or a package. */
  to: string;
  typeOnly: boolean;
}

/** Comments and the insides of strings and templates, blanked: names in prose are not uses. */
function codeOf(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g,
    (match) => ' '.repeat(match.length),
  );
}

/** Every import, re-export and dynamic import of a file. */
function importsOf(path: string): Import[] {
  const text = read(path).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(?:(type)\s+)?(?:([\w*{][^;'"]*?)\s+from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g,
  );
  return [...statements].map(([, type, clause, target, dynamic]) => {
    const name = (target ?? dynamic) as string;
    const named = /^\{([^}]*)\}$/.exec(clause?.trim() ?? '')?.[1];
    const allTypes = named?.split(',').every((n) => n.trim() === '' || n.trim().startsWith('type ')) ?? false;
    return {
      from: path,
      to: name.startsWith('.')
        ? relative(ROOT, join(ROOT, dirname(path), name))
            .split(sep)
            .join('/')
        : name,
      typeOnly: type !== undefined || allTypes,
    };
  });
}

/** The room of a path under src, or 'assembly'; undefined for a package. */
function roomOf(path: string): string | undefined {
  const [top, room] = path.split('/');
  if (top === 'assembly') return 'assembly';
  if (top !== 'src') return undefined;
  return path.split('/').length === 2 ? 'index' : room;
}

const isRelative = (i: Import) => i.to.startsWith('src/') || i.to.startsWith('assembly/');
const describeImport = (i: Import) => `${i.from} imports ${i.to}`;
const all = [...modules('src'), ...modules('assembly')].flatMap(importsOf);

/**
 * Who may import whom. A result is printed by what can decode it, so report may use the codecs; the rest it knows
 * by type only.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  abi: [],
  data: [],
  assembly: ['abi'],
  core: ['abi'],
  arm: ['abi', 'core'],
  walk: ['abi', 'core', 'arm'],
  kvm: ['abi', 'core', 'arm', 'walk'],
  uarch: ['abi', 'core', 'arm', 'walk'],
  cost: ['abi', 'data'],
  trace: [],
  conform: ['abi', 'core', 'arm', 'walk', 'trace'],
  snapshot: ['abi', 'core', 'arm', 'walk', 'kvm', 'uarch', 'trace'],
  scenario: ['abi', 'core', 'arm', 'walk', 'kvm', 'uarch', 'cost', 'data', 'trace'],
  report: ['abi', 'core', 'arm'],
  cli: [
    'abi',
    'core',
    'arm',
    'walk',
    'kvm',
    'uarch',
    'cost',
    'data',
    'trace',
    'scenario',
    'snapshot',
    'conform',
    'report',
  ],
  web: ['abi', 'core', 'arm', 'walk', 'kvm', 'uarch', 'cost', 'data', 'trace', 'scenario', 'report'],
  index: [
    'abi',
    'core',
    'arm',
    'walk',
    'conform',
    'kvm',
    'uarch',
    'cost',
    'data',
    'trace',
    'scenario',
    'snapshot',
    'report',
  ],
};
/** Rooms that may be named in a type where their values may not be used. */
const MAY_NAME: Record<string, readonly string[]> = {
  report: ['walk', 'kvm', 'uarch', 'cost', 'scenario', 'snapshot', 'trace', 'conform'],
};

/** Packages by the rooms that may use them; what is in none of the lists may be used nowhere. */
const PACKAGES: Record<string, readonly string[]> = {
  commander: ['cli'],
  valibot: ['trace', 'scenario', 'snapshot', 'cost', 'conform', 'cli'],
  lit: ['web'],
  uplot: ['web'],
};

describe('the layers', () => {
  it('are all there are', () => {
    const rooms = new Set(modules('src').map(roomOf));
    for (const room of rooms) expect(Object.keys(MAY_IMPORT)).toContain(room);
  });

  it('are seen by this test', () => {
    expect(all).toContainEqual({ from: 'src/kvm/vm.ts', to: 'src/core/machine.js', typeOnly: true });
    expect(all).toContainEqual({ from: 'src/core/machine.ts', to: 'src/core/load.js', typeOnly: false });
    expect(all).toContainEqual({ from: 'src/kvm/vm.ts', to: 'src/kvm/mm.js', typeOnly: true });
    expect(all).toContainEqual({ from: 'assembly/abort.ts', to: 'src/abi/kvm', typeOnly: false });
    expect(all).toContainEqual({ from: 'src/index.ts', to: 'src/kvm/index.js', typeOnly: false });
  });

  it('import from those below them only', () => {
    const wrong = all.filter((i) => {
      const [from, to] = [roomOf(i.from) as string, roomOf(i.to)];
      if (!isRelative(i) || to === undefined || from === to) return false;
      return !MAY_IMPORT[from]?.includes(to) && !(i.typeOnly && MAY_NAME[from]?.includes(to));
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('leave nothing between files: what is imported is a module of the repository or a named package', () => {
    const wrong = all.filter(
      (i) => !isRelative(i) && !i.to.startsWith('node:') && !PACKAGES[i.to.split('/')[0] as string],
    );
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('have abi at the bottom: its files import nothing and declare only numbers and enums', () => {
    expect(all.filter((i) => roomOf(i.from) === 'abi').map(describeImport)).toEqual([]);
    for (const path of modules('src/abi')) {
      const strays = codeOf(read(path))
        .replace(/export enum \w+ \{[^}]*\}/g, '')
        .replace(/export const \w+ = (0x)?[\w]+;/g, '')
        .trim();
      expect(`${path}: ${strays}`).toBe(`${path}: `);
    }
  });

  it('are not crossed by the core’s source: it imports abi and itself, without file names', () => {
    const wrong = modules('assembly')
      .flatMap(importsOf)
      .filter((i) => !/^(assembly|assembly\/uarch|src\/abi)\/[\w-]+$/.test(i.to));
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('use packages where they belong', () => {
    const wrong = all.filter((i) => {
      const rooms = PACKAGES[i.to.split('/')[0] as string];
      return rooms !== undefined && !rooms.includes(roomOf(i.from) as string);
    });
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('name every package they use in package.json, as a dependency; what the page alone uses is built into it', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'));
    const used = new Set(all.map((i) => i.to.split('/')[0] as string).filter((name) => name in PACKAGES));
    for (const name of used) {
      const built = PACKAGES[name]?.every((room) => room === 'web');
      expect(Object.keys(built ? devDependencies : dependencies)).toContain(name);
    }
  });
});

describe('the platform', () => {
  it('of Node is imported by the command only', () => {
    const wrong = all.filter((i) => i.to.startsWith('node:') && roomOf(i.from) !== 'cli');
    expect(wrong.map(describeImport)).toEqual([]);
  });

  it('of Node is not used by its global names either', () => {
    const names = /(?<![.\w])(process|Buffer|__dirname|__filename|require|setImmediate)(?=[.(])/;
    const wrong = modules('src').filter((path) => roomOf(path) !== 'cli' && names.test(codeOf(read(path))));
    expect(wrong).toEqual([]);
  });

  it('of the browser is used by the page only', () => {
    const names =
      /(?<![.\w])(document|window|customElements|localStorage|sessionStorage|HTMLElement|navigator|history|location|Worker|fetch|requestAnimationFrame)(?=[.(])/;
    const wrong = modules('src').filter((path) => {
      const code = codeOf(read(path));
      // By name, or as a method.
      const declared = (name: string) =>
        new RegExp(`(const|let|function|class|[(,{]) *${name}\\b|^ {2}${name}\\(.*\\{$`, 'm').test(code);
      const found = names.exec(code)?.[1];
      return roomOf(path) !== 'web' && found !== undefined && !declared(found);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the files', () => {
  it(`of the source have ${MAX_LINES} lines at most`, () => {
    const long = [...modules('src'), ...modules('assembly')]
      .filter((path) => path !== GENERATED)
      .map((path) => [path, read(path).trimEnd().split('\n').length] as const)
      .filter(([, lines]) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  it('read nothing outside the repository', () => {
    const outside = new RegExp(['\\.\\.', 'shared\\b'].join('/'));
    const text = new Set(['.ts', '.mjs', '.js', '.json', '.md', '.html', '.css', '.c', '.txt', '']);
    const wrong = filesBelow('.').filter(
      (path) =>
        text.has(extname(path)) && statSync(join(ROOT, path)).size < 4 << 20 && outside.test(read(path)),
    );
    expect(wrong).toEqual([]);
  });
});

/** Section ids of a wasm module, in order. */
function sectionsOf(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++] as number);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      size |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) break;
    }
    at += size;
  }
  return ids;
}

const SECTION = { memory: 5, data: 11, dataCount: 12 };

const FUNCTIONAL = ['src/core/exports.ts'];
const ACCOUNTED = [...FUNCTIONAL, 'src/core/micro-exports.ts'];

describe.each([
  ['functional', Buffer.from(functionalWasm, 'base64'), FUNCTIONAL],
  ['accounted', Buffer.from(accountedWasm, 'base64'), ACCOUNTED],
  ['functional, SIMD-free', readFileSync(join(ROOT, 'build/stage2-scalar.wasm')), FUNCTIONAL],
  ['accounted, SIMD-free', readFileSync(join(ROOT, 'build/stage2-scalar-accounted.wasm')), ACCOUNTED],
] as const)('the %s core', (_, bytes, interfaces) => {
  const module = new WebAssembly.Module(bytes);

  it('imports its memory and nothing else', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });

  it('has no data segments and no memory of its own', () => {
    const ids = sectionsOf(bytes);
    for (const id of [SECTION.data, SECTION.dataCount, SECTION.memory]) expect(ids).not.toContain(id);
  });

  it('touches no memory when it is instantiated', () => {
    const memory = new WebAssembly.Memory({ initial: 0 });
    expect(() => new WebAssembly.Instance(module, { env: { memory } })).not.toThrow();
  });

  it('has no names: it is a release', () => {
    expect(WebAssembly.Module.customSections(module, 'name')).toEqual([]);
    expect(WebAssembly.Module.customSections(module, 'sourceMappingURL')).toEqual([]);
  });

  it('exports functions only, those the host declares, and no runtime', () => {
    const exports = WebAssembly.Module.exports(module);
    expect(exports.filter((e) => e.kind !== 'function' || e.name.startsWith('__'))).toEqual([]);
    const declared = interfaces.flatMap((path) =>
      [...read(path).matchAll(/^ {2}(\w+)\(/gm)].map((match) => match[1]),
    );
    expect(exports.map((e) => e.name).sort()).toEqual(declared.sort());
  });
});
