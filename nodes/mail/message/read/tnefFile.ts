import type { ParsedAttachment } from '../parsed';

const TNEF = /^application\/(?:ms-tnef|vnd\.ms-tnef|x-tnef)$/;

/** Whether a file is one of Outlook's containers (MS-OXTNEF), whose content is the real mail. */
export function isTnef({ fileName, mimeType }: Pick<ParsedAttachment, 'fileName' | 'mimeType'>): boolean {
	return TNEF.test(mimeType) || fileName.toLowerCase() === 'winmail.dat';
}
