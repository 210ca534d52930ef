/** Which parts of a mail people call its attachments. */
import type { ParsedAttachment, ParsedMail } from './parsed';

/** Files a person attached: no images shown in the text, no signatures, no parts that are there for programs. */
export function attachedFiles({ attachments, bounce, complaint, receipt }: ParsedMail): ParsedAttachment[] {
	const isReport = bounce !== null || complaint !== null || receipt !== null;
	return attachments.filter(({ inline, role, disposition }) => {
		if (inline || role === 'signature' || role === 'report') return false;
		// An invitation comes along as text for the calendar and, from some programs, as a file too.
		if (role === 'calendar') return disposition === 'attachment';
		return role !== 'message' || !isReport;
	});
}
