import { decodeEsr } from 'stage2';

console.log(decodeEsr(0x93800047n));
