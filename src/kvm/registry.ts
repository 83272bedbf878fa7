import { Registry } from '../core/registry.js';
import type { AddressSpace } from './mm.js';
import type { Vm } from './vm.js';

export const vms = new Registry<Vm>();
export const addressSpaces = new Registry<AddressSpace>();
