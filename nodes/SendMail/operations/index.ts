import type { SendOperation } from './operation';
import { send } from './send';

/** Every operation of Send Mail, in the order of the menu. */
export const OPERATIONS: readonly SendOperation[] = [send];
