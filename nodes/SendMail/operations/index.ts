import { forward } from './forward';
import type { SendOperation } from './operation';
import { reply } from './reply';
import { saveDraft } from './saveDraft';
import { send } from './send';

/** Every operation of Send Mail, in the order of the menu. */
export const OPERATIONS: readonly SendOperation[] = [forward, reply, saveDraft, send];
