import * as A from '../abi/arm.js';
import { fieldMask } from '../arm/fields.js';

const U64 = (1n << 64n) - 1n;
const bit = (lsb: number): bigint => fieldMask({ lsb, width: 1 });
/** IMPLEMENTATION DEFINED: the type of an external abort. */
const EA = bit(A.ESR_EA_LSB);
const ISV = bit(A.ESR_ISV_LSB);
/** SAS, SSE, SRT, SF and AR. */
const SYNDROME = fieldMask({ lsb: A.ESR_AR_LSB, width: A.ESR_ISV_LSB - A.ESR_AR_LSB });

/** All of ESR_ELx that the architecture defines. */
export const WHOLE_ESR = U64 & ~EA;

/** What is known of an exception without its instruction: EC, S1PTW, WnR and FSC. */
export const ESR_WITHOUT_INSTRUCTION =
  fieldMask({ lsb: A.ESR_EC_LSB, width: A.ESR_EC_WIDTH }) |
  bit(A.ESR_S1PTW_LSB) |
  bit(A.ESR_WNR_LSB) |
  fieldMask({ lsb: A.ESR_FSC_LSB, width: A.ESR_FSC_WIDTH });

/** Where ISV stands for what any single load or store would have. */
export const ESR_OF_ANY_LOAD_OR_STORE = WHOLE_ESR & ~SYNDROME;

/** Where there is no load or store. */
export const ESR_WITHOUT_SYNDROME = WHOLE_ESR & ~SYNDROME & ~ISV;
