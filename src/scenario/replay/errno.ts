import { EAGAIN, EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM, ENOSYS, EPERM } from '../../abi/kvm.js';

const NAMES: Readonly<Record<number, string>> = {
  [EPERM]: 'EPERM',
  [ENOENT]: 'ENOENT',
  [EAGAIN]: 'EAGAIN',
  [ENOMEM]: 'ENOMEM',
  [EFAULT]: 'EFAULT',
  [EEXIST]: 'EEXIST',
  [EINVAL]: 'EINVAL',
  [ENOSYS]: 'ENOSYS',
};

/** A negative result as the kernel's sources spell it: `-EFAULT`. */
export function errnoText(ret: number): string {
  return `-${NAMES[-ret] ?? -ret}`;
}
