import { type Command, Option } from 'commander';
import { ACCESS_KINDS, type AccessKind } from '../arm/access.js';
import type { WalkContext, WalkedAccess } from '../report/walk.js';
import { stage1Format } from '../walk/format.js';
import type { TranslateRequest, Translator } from '../walk/index.js';
import { CliError, unknownValue } from './errors.js';

/** How addresses are accessed. */
export interface AccessOptions {
  access?: AccessKind;
  el?: 0 | 1;
  va?: boolean;
}

/** Adds the options that say what the addresses are and how they are accessed. */
export function addAccessOptions(command: Command): Command {
  const access = new Option('--access <kind>', 'what the guest does (default: read)').choices(ACCESS_KINDS);
  const el = new Option('--el <level>', 'exception level of the access (default: 1)').choices(['0', '1']);
  return command
    .addOption(access.argParser(accessKind))
    .addOption(el.argParser(exceptionLevel))
    .option('--va', 'the addresses are virtual ones, for stage 1 (EL1&0) and stage 2');
}

function accessKind(text: string): AccessKind {
  const kind = ACCESS_KINDS.find((each) => each === text);
  if (kind === undefined) throw unknownValue('--access', text, ACCESS_KINDS);
  return kind;
}

function exceptionLevel(text: string): 0 | 1 {
  if (text !== '0' && text !== '1') throw new CliError(`--el: found "${text}", expected 0 or 1`);
  return text === '0' ? 0 : 1;
}

/** The access to `address`, as it is reported. */
export function accessTo(
  address: bigint,
  { access = 'read', el = 1, va = false }: AccessOptions,
): WalkedAccess {
  return va ? { va: address, access, el } : { ipa: address, access, el };
}

/** The access as a translator takes it. Throws CliError for one that a VA cannot have. */
export function requestOf({ va, ipa = 0n, access, el }: WalkedAccess): TranslateRequest {
  if (va === undefined) return { ipa, access, el };
  if (access === 'table-walk' || access === 'table-update') {
    throw new CliError(`--access: found ${access} with --va, expected it with an IPA`);
  }
  return { va, access, el };
}

/** What decides how the walk of an address reads. */
export function contextOf(translator: Translator, { va }: WalkedAccess): WalkContext {
  const { regime, attributeContext, registers, cpu } = translator;
  const context = { regime, attributeContext };
  if (va === undefined) return context;
  return { ...context, stage1: { registers, format: stage1Format(registers, cpu, va) } };
}
