import type { CheckReport } from '../conform/mappings.js';
import type { CompareReport } from '../report/compare.js';
import type { ConformDocument } from '../report/conform.js';
import type { EsrReport } from '../report/esr.js';
import type { IdmapReport } from '../report/idmap.js';
import type { EfiReport } from '../report/idmap-efi.js';
import type { ProfileReport, ProfileSummary } from '../report/profiles.js';
import type { DumpLeaf } from '../report/ptdump.js';
import type { TablesCount, TablesSummary } from '../report/ptdump-header.js';
import type { ReplayDocument } from '../report/replay.js';
import type { TableDump } from '../report/table-dump.js';
import type { ValidationDocument } from '../report/validate.js';
import type { BuildTally } from '../report/verify-build.js';
import type { TranslationReport, WalkReport } from '../report/walk.js';
import type { ScenarioReport } from '../scenario/verify.js';
import type { SnapshotSummary } from '../snapshot/index.js';
import type { MemslotsJson } from '../trace/index.js';

/** The tables that a command was given. */
export interface TablesHead extends TablesSummary {
  /** Name that the tables have in their file, or the file's. */
  tables: string;
}

/** `stage2 walk` */
export interface WalkDocument extends TablesHead {
  walks: WalkReport[];
}

/** `stage2 walk --check` */
export interface WalkCheckDocument extends TablesHead {
  check: CheckReport;
}

/** `stage2 translate` */
export interface TranslateDocument extends TablesHead {
  results: TranslationReport[];
}

/** `stage2 map`: a table dump, which other commands read. */
export type MapDocument = TableDump;

/** `stage2 dump` */
export interface DumpDocument extends TablesHead {
  count: TablesCount;
  leaves: DumpLeaf[];
}

/** `stage2 slots`: a slots file, which other commands read. */
export type SlotsDocument = MemslotsJson;

/** `stage2 compare` */
export interface CompareDocument extends CompareReport {
  format: 'stage2-compare/3';
}

/** `stage2 idmap` */
export interface IdmapDocument extends IdmapReport {
  format: 'stage2-idmap/1';
}

/** `stage2 idmap` with an EFI memory map */
export interface IdmapEfiDocument extends EfiReport {
  format: 'stage2-idmap-efi/1';
}

/** `stage2 esr` */
export type EsrDocument = EsrReport;

/** `stage2 snapshot` */
export interface SnapshotDocument extends SnapshotSummary {
  /** Name of the file. */
  snapshot: string;
}

/** `stage2 open` */
export interface OpenDocument {
  /** Where the page is. */
  page: string;
  /** What it has in it. */
  files: { kind: 'dump' | 'trace' | 'slots'; name: string }[];
  /** A browser was started. */
  started: boolean;
}

/** `stage2 completion` */
export interface CompletionDocument {
  shell: 'bash' | 'zsh' | 'fish';
  script: string;
}

/** `stage2 verify-build` */
export interface VerifyBuildDocument {
  builds: BuildTally[];
  results: ScenarioReport[];
}

/** `stage2 profiles` */
export interface ProfilesDocument {
  cores: ProfileSummary[];
}

/** What any command prints if it cannot answer. */
export interface ErrorDocument {
  error: {
    /** EINVAL and the like for bad input; EBUG for a bug of this program. */
    code: string;
    /** What is wrong, with the value found and what was expected, on one line. */
    message: string;
  };
}

/** The document that each command prints with `--json`, without its `$schema`; and that of an error. */
export interface Documents {
  walk: WalkDocument | WalkCheckDocument;
  translate: TranslateDocument;
  map: MapDocument;
  dump: DumpDocument;
  replay: ReplayDocument;
  slots: SlotsDocument;
  compare: CompareDocument;
  idmap: IdmapDocument | IdmapEfiDocument;
  conform: ConformDocument;
  'verify-build': VerifyBuildDocument;
  validate: ValidationDocument;
  profiles: ProfilesDocument | ProfileReport;
  esr: EsrDocument;
  snapshot: SnapshotDocument;
  open: OpenDocument;
  completion: CompletionDocument;
  error: ErrorDocument;
}

export type CommandName = Exclude<keyof Documents, 'error'>;

/** Counted up when a document changes so that its readers have to. */
const VERSIONS: Readonly<Record<keyof Documents, number>> = {
  walk: 1,
  translate: 1,
  map: 1,
  dump: 1,
  replay: 1,
  slots: 1,
  compare: 3,
  idmap: 1,
  conform: 1,
  'verify-build': 1,
  validate: 1,
  profiles: 1,
  esr: 1,
  snapshot: 1,
  open: 1,
  completion: 1,
  error: 1,
};

/** The `$schema` of a document: what the package exports under that name describes it. */
export function schemaOf(name: keyof Documents): string {
  return `stage2/schema/${name}-${VERSIONS[name]}.json`;
}
