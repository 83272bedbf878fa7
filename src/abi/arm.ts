// Field positions of the Arm architecture, as in the Arm ARM (DDI 0487). Compiled by asc and by tsc:
// import-free, numbers and enums only. A field is declared by its lowest bit and its width.

// Stage-2 descriptor (VMSAv8-64).
export const DESC_VALID_LSB = 0;
export const DESC_TABLE_LSB = 1;
export const DESC_MEMATTR_LSB = 2;
export const DESC_MEMATTR_WIDTH = 4;
export const DESC_S2AP_LSB = 6;
export const DESC_S2AP_WIDTH = 2;
export const DESC_SH_LSB = 8;
export const DESC_SH_WIDTH = 2;
export const DESC_AF_LSB = 10;
export const DESC_FNXS_LSB = 11;
export const DESC_NT_LSB = 16;
/** One past the highest bit of an output or table address that stands in its own place (no FEAT_LPA2). */
export const DESC_ADDRESS_END = 48;
/** One past the highest bit of any address: FEAT_LPA and FEAT_LPA2. */
export const WIDE_ADDRESS_END = 52;
/** Where bits 51:48 stand with FEAT_LPA and 64K granules. */
export const DESC_LPA_HIGH_LSB = 12;
export const DESC_LPA_HIGH_WIDTH = 4;
/** With FEAT_LPA2 (VTCR_EL2.DS) bits 49:48 stand in their own place and bits 51:50 here. */
export const DESC_LPA2_ADDRESS_END = 50;
export const DESC_LPA2_HIGH_LSB = 8;
export const DESC_LPA2_HIGH_WIDTH = 2;
export const DESC_DBM_LSB = 51;
export const DESC_CONTIG_LSB = 52;
export const DESC_XN_LSB = 53;
export const DESC_XN_WIDTH = 2;
/** Bits the hardware leaves to software. */
export const DESC_SW_LSB = 55;
export const DESC_SW_WIDTH = 4;

// What a stage-1 descriptor (EL1&0) has in other places or besides.
export const DESC_S1_ATTRINDX_LSB = 2;
export const DESC_S1_ATTRINDX_WIDTH = 3;
export const DESC_S1_NS_LSB = 5;
/** AP[2:1]. */
export const DESC_S1_AP_LSB = 6;
export const DESC_S1_NG_LSB = 11;
export const DESC_S1_PXN_LSB = 53;
export const DESC_S1_UXN_LSB = 54;
export const DESC_S1_PXNTABLE_LSB = 59;
export const DESC_S1_UXNTABLE_LSB = 60;
export const DESC_S1_APTABLE_LSB = 61;
export const DESC_S1_APTABLE_WIDTH = 2;
export const DESC_S1_NSTABLE_LSB = 63;

// VTCR_EL2.
export const VTCR_T0SZ_LSB = 0;
export const VTCR_T0SZ_WIDTH = 6;
export const VTCR_SL0_LSB = 6;
export const VTCR_SL0_WIDTH = 2;
export const VTCR_IRGN0_LSB = 8;
export const VTCR_IRGN0_WIDTH = 2;
export const VTCR_ORGN0_LSB = 10;
export const VTCR_ORGN0_WIDTH = 2;
export const VTCR_SH0_LSB = 12;
export const VTCR_SH0_WIDTH = 2;
export const VTCR_TG0_LSB = 14;
export const VTCR_TG0_WIDTH = 2;
export const VTCR_PS_LSB = 16;
export const VTCR_PS_WIDTH = 3;
export const VTCR_VS_LSB = 19;
export const VTCR_HA_LSB = 21;
export const VTCR_HD_LSB = 22;
export const VTCR_RES1_LSB = 31;
export const VTCR_DS_LSB = 32;
export const VTCR_SL2_LSB = 33;

export const TG0_4K = 0;
export const TG0_64K = 1;
export const TG0_16K = 2;

// VTTBR_EL2. BADDR shares its lowest bit with CnP.
export const VTTBR_CNP_LSB = 0;
export const VTTBR_BADDR_WIDTH = 48;
/** Where BADDR holds bits 51:48 of a first table in the encoding for 52-bit addresses. */
export const VTTBR_BADDR_HIGH_LSB = 2;
export const VTTBR_BADDR_HIGH_WIDTH = 4;
export const VTTBR_VMID_LSB = 48;
export const VTTBR_VMID_WIDTH = 16;

// TCR_EL1: the fields of the lower half, those of the upper half, and what both share.
export const TCR_T0SZ_LSB = 0;
export const TCR_TXSZ_WIDTH = 6;
export const TCR_EPD0_LSB = 7;
export const TCR_IRGN0_LSB = 8;
export const TCR_ORGN0_LSB = 10;
export const TCR_SH0_LSB = 12;
export const TCR_TG0_LSB = 14;
export const TCR_TG_WIDTH = 2;
export const TCR_T1SZ_LSB = 16;
export const TCR_EPD1_LSB = 23;
export const TCR_IRGN1_LSB = 24;
export const TCR_ORGN1_LSB = 26;
export const TCR_SH1_LSB = 28;
export const TCR_TG1_LSB = 30;
export const TCR_IPS_LSB = 32;
export const TCR_IPS_WIDTH = 3;
export const TCR_TBI0_LSB = 37;
export const TCR_TBI1_LSB = 38;
export const TCR_HA_LSB = 39;
export const TCR_HD_LSB = 40;
export const TCR_HPD0_LSB = 41;
export const TCR_HPD1_LSB = 42;
export const TCR_TBID0_LSB = 51;
export const TCR_TBID1_LSB = 52;
export const TCR_DS_LSB = 59;

/** TCR_EL1.TG1 is coded unlike TG0. */
export const TG1_16K = 1;
export const TG1_4K = 2;
export const TG1_64K = 3;

// HCR_EL2.
export const HCR_VM_LSB = 0;
export const HCR_PTW_LSB = 2;
export const HCR_FMO_LSB = 3;
export const HCR_IMO_LSB = 4;
export const HCR_AMO_LSB = 5;
export const HCR_VSE_LSB = 8;
export const HCR_DC_LSB = 12;
export const HCR_TGE_LSB = 27;
export const HCR_RW_LSB = 31;
export const HCR_CD_LSB = 32;
export const HCR_ID_LSB = 33;
export const HCR_E2H_LSB = 34;
export const HCR_FWB_LSB = 46;

// ESR_ELx and its data/instruction abort ISS.
export const ESR_EC_LSB = 26;
export const ESR_EC_WIDTH = 6;
export const ESR_IL_LSB = 25;
export const ESR_ISV_LSB = 24;
export const ESR_SAS_LSB = 22;
export const ESR_SAS_WIDTH = 2;
export const ESR_SSE_LSB = 21;
export const ESR_SRT_LSB = 16;
export const ESR_SRT_WIDTH = 5;
export const ESR_SF_LSB = 15;
export const ESR_AR_LSB = 14;
export const ESR_FNV_LSB = 10;
export const ESR_EA_LSB = 9;
export const ESR_CM_LSB = 8;
export const ESR_S1PTW_LSB = 7;
export const ESR_WNR_LSB = 6;
export const ESR_FSC_LSB = 0;
export const ESR_FSC_WIDTH = 6;
export const ESR_ISS_LSB = 0;
export const ESR_ISS_WIDTH = 25;

/** Exception classes of ESR_ELx.EC that this project names. */
export enum Ec {
  UNKNOWN = 0x00,
  WFX = 0x01,
  FP_ASIMD = 0x07,
  HVC32 = 0x12,
  SMC32 = 0x13,
  HVC64 = 0x16,
  SMC64 = 0x17,
  SYS64 = 0x18,
  IABT_LOW = 0x20,
  IABT_CUR = 0x21,
  DABT_LOW = 0x24,
  DABT_CUR = 0x25,
}

/** Fault status codes without their level bits (ESR & 0x3C), those of level -1, and those that carry no level. */
export enum Fsc {
  ADDRESS_SIZE = 0x00,
  TRANSLATION = 0x04,
  ACCESS_FLAG = 0x08,
  PERMISSION = 0x0c,
  EXTERNAL = 0x10,
  EXTERNAL_WALK = 0x14,
  PARITY = 0x18,
  PARITY_WALK = 0x1c,
  EXTERNAL_WALK_MINUS_1 = 0x13,
  PARITY_WALK_MINUS_1 = 0x1b,
  ALIGNMENT = 0x21,
  ADDRESS_SIZE_MINUS_1 = 0x29,
  TRANSLATION_MINUS_1 = 0x2b,
  TLB_CONFLICT = 0x30,
  ATOMIC_UPDATE = 0x31,
}

// HPFAR_EL2.FIPA holds IPA[55:12] from bit 4.
export const HPFAR_FIPA_LSB = 4;
export const HPFAR_FIPA_WIDTH = 44;

// PAR_EL1: F, then of a success SH, NS, PA and ATTR, of a fault FST, PTW and S. Bit 11 is RES1.
export const PAR_F_LSB = 0;
export const PAR_FST_LSB = 1;
export const PAR_FST_WIDTH = 6;
export const PAR_PTW_LSB = 8;
export const PAR_S_LSB = 9;
export const PAR_SH_LSB = 7;
export const PAR_SH_WIDTH = 2;
export const PAR_NS_LSB = 9;
export const PAR_RES1_LSB = 11;
export const PAR_PA_LSB = 12;
/** PA[47:12], all that a kernel without FEAT_LPA looks at; with it PA[51:12]. */
export const PAR_PA_WIDTH = 36;
export const PAR_PA_LPA_WIDTH = 40;
export const PAR_ATTR_LSB = 56;
export const PAR_ATTR_WIDTH = 8;

// ID registers: the fields that say what stage 2 can do.
export const MMFR0_PARANGE_LSB = 0;
export const MMFR0_PARANGE_WIDTH = 4;
export const MMFR0_TGRAN16_LSB = 20;
export const MMFR0_TGRAN64_LSB = 24;
export const MMFR0_TGRAN4_LSB = 28;
export const MMFR0_TGRAN16_2_LSB = 32;
export const MMFR0_TGRAN64_2_LSB = 36;
export const MMFR0_TGRAN4_2_LSB = 40;
export const MMFR0_TGRAN_WIDTH = 4;
export const MMFR1_HAFDBS_LSB = 0;
export const MMFR1_HAFDBS_WIDTH = 4;
export const MMFR1_XNX_LSB = 28;
export const MMFR1_XNX_WIDTH = 4;
export const MMFR2_ST_LSB = 28;
export const MMFR2_ST_WIDTH = 4;
export const MMFR2_FWB_LSB = 40;
export const MMFR2_FWB_WIDTH = 4;
export const MMFR2_BBM_LSB = 52;
export const MMFR2_BBM_WIDTH = 4;
export const PFR0_RAS_LSB = 28;
export const PFR0_RAS_WIDTH = 4;

// PSTATE / SPSR.
export const PSTATE_MODE_WIDTH = 5;
export const PSTATE_AARCH32_LSB = 4;
/** SErrors masked. */
export const PSTATE_A_LSB = 8;
/** Data endianness of an AArch32 state. */
export const PSTATE_E_LSB = 9;

// SCTLR_EL1.
export const SCTLR_M_LSB = 0;
export const SCTLR_A_LSB = 1;
export const SCTLR_C_LSB = 2;
export const SCTLR_I_LSB = 12;
export const SCTLR_WXN_LSB = 19;
/** As in SCTLR_EL2. */
export const SCTLR_EE_LSB = 25;
export const PSTATE_EL1T = 0x4;
export const PSTATE_EL1H = 0x5;
/** EL1h with D, A, I and F masked: the state an injected abort starts in. */
export const PSTATE_EL1H_MASKED = 0x3c5;
