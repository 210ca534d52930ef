/** What programs get wrong in calendars (RFC 5545), so that the library that reads them strictly reads them at all. */

const DATE_PROPERTY =
	/^(DTSTART|DTEND|DUE|RECURRENCE-ID|DTSTAMP|CREATED|LAST-MODIFIED|COMPLETED|EXDATE|RDATE)((?:;[^\r\n]{0,500})?):([^:]*)$/i;
/** Components within each other that are told apart. */
const MAX_DEPTH = 20;

/**
 * Unfolds lines, leaves out text around the calendar, and mends or drops what cannot be read.
 *
 * @returns lines that are properties each, every component ended
 */
export function repairedCalendar(text: string): string {
	const begin = text.search(/^BEGIN:VCALENDAR/im);
	const lines: string[] = [];
	for (const line of text.slice(Math.max(begin, 0)).split(/\r?\n/)) {
		if (/^[ \t]/.test(line) && lines.length > 0) lines[lines.length - 1] += line.slice(1);
		else if (/^[\w-]{1,100}[:;]/.test(line)) lines.push(line);
		// A line break inside a description that nobody escaped.
		else if (line.trim() !== '' && lines.length > 0) lines[lines.length - 1] += `\\n${line}`;
	}
	const result: string[] = [];
	const open: string[] = [];
	for (const line of lines) {
		const [, edge, name = ''] = /^(BEGIN|END):\s*([\w-]+)\s*$/i.exec(line) ?? [];
		if (edge === undefined) {
			const mended = mendedDate(line);
			if (mended !== null) result.push(mended);
			continue;
		}
		const component = name.toUpperCase();
		if (edge.toUpperCase() === 'BEGIN') {
			if (open.length >= MAX_DEPTH) break;
			open.push(component);
			result.push(`BEGIN:${component}`);
		} else if (open.includes(component)) {
			// An end that was forgotten comes before the one that was not.
			for (let ended = ''; ended !== component;) result.push(`END:${(ended = open.pop() ?? component)}`);
		}
	}
	while (open.length > 0) result.push(`END:${open.pop() ?? ''}`);
	return result.join('\r\n');
}

/** @returns the line, mended where it is a date; null for a date that is none, which would spoil the whole calendar */
function mendedDate(line: string): string | null {
	const [, name, written = '', rest] = DATE_PROPERTY.exec(line.trimEnd()) ?? [];
	if (name === undefined || rest === undefined) return line;
	// Names of zones with a colon in them have to stand in quotes: tzone://Microsoft/Utc, UTC+01:00.
	const parameters = written.replace(/;TZID=([^";]*:[^";]*)/i, ';TZID="$1"');
	const value = rest.trim().replace(/^(\d{8}T\d{4})(Z?)$/, '$100$2');
	if (/^(?:EXDATE|RDATE)$/i.test(name))
		return /[^\dTZ,/PHMSDW+-]/i.test(value) ? null : `${name}${parameters}:${value}`;
	if (/^\d{8}T\d{6}Z$/.test(value))
		return `${name}${parameters.replace(/;TZID=(?:"[^"]*"|[^;]*)/i, '')}:${value}`;
	if (/^\d{8}T\d{6}$/.test(value)) return `${name}${parameters}:${value}`;
	if (!/^\d{8}$/.test(value)) return null;
	return `${name}${/;VALUE=/i.test(parameters) ? parameters : `;VALUE=DATE`}:${value}`;
}
