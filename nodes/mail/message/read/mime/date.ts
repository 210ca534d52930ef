/** Date fields (RFC 5322 §3.3), also in the forms that break the rule. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** RFC 5322 §4.3: names of zones, as minutes from UTC. */
const ZONES: Partial<Record<string, number>> = {
	ut: 0,
	gmt: 0,
	utc: 0,
	z: 0,
	wet: 0,
	bst: 60,
	cet: 60,
	met: 60,
	cest: 120,
	mest: 120,
	eet: 120,
	eest: 180,
	msk: 180,
	est: -300,
	edt: -240,
	cst: -360,
	cdt: -300,
	mst: -420,
	mdt: -360,
	pst: -480,
	pdt: -420,
	jst: 540,
	kst: 540,
	ist: 330,
	hkt: 480,
	sgt: 480,
	aest: 600,
	aedt: 660,
};
const MINUTE_MS = 60_000;
/** Years outside are slips or attacks. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2200;

/** `Tue, 3 Mar 2026 09:05:00 +0100` (RFC 5322), `Mar 3, 2026 9:05 am`, and `Tue Mar  3 09:05:00 2026` (asctime). */
const FORMS = [
	/^(?:[\p{L}.]+(?:,\s*|\s+))?(?<day>\d{1,2})[\s-]+(?<month>[a-z]{3})[a-z]*\.?[\s-]+(?<year>\d{2,4}),?\s+(?<hour>\d{1,2})[:.](?<minute>\d{1,2})(?:[:.](?<second>\d{1,2})(?:\.\d+)?)?\s*(?<half>am|pm)?\s*(?<zone>.*)$/iu,
	/^(?:[\p{L}.]+(?:,\s*|\s+))?(?<month>[a-z]{3})[a-z]*\.?\s+(?<day>\d{1,2}),?\s+(?<year>\d{4}),?\s+(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2}))?\s*(?<half>am|pm)?\s*(?<zone>.*)$/iu,
	/^[a-z]{3},?\s+(?<month>[a-z]{3})\s+(?<day>\d{1,2})\s+(?<hour>\d{1,2}):(?<minute>\d{2}):(?<second>\d{2})\s+(?:(?<zoneName>[a-z]{1,5})\s+)?(?<year>\d{4})\s*(?<zone>.*)$/i,
];

/** @returns null for what is no date; a date without a zone is taken as UTC (RFC 5322 §3.3, `-0000`) */
export function readDate(field: string): Date | null {
	const text = field
		.slice(0, 200)
		.replace(/\([^()]*\)/g, ' ')
		.trim();
	for (const form of FORMS) {
		const parts = form.exec(text)?.groups;
		if (!parts) continue;
		const { day, month, year, hour, minute, second, half, zone, zoneName } = parts;
		return build(
			Number(year),
			month,
			Number(day),
			halfDay(Number(hour), half),
			Number(minute),
			Number(second ?? 0),
			zone || (zoneName ?? ''),
		);
	}
	const iso = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?/.exec(text)?.[0];
	if (iso === undefined) return null;
	const date = new Date(`${iso.replace(' ', 'T')}Z`);
	return checked(date.getTime() - zoneMinutes(text.slice(iso.length)) * MINUTE_MS);
}

function build(
	year: number,
	monthName: string | undefined,
	day: number,
	hour: number,
	minute: number,
	second: number,
	zone: string,
): Date | null {
	const month = MONTHS.indexOf((monthName ?? '').toLowerCase());
	// RFC 5322 §4.3: years of two and three digits.
	const full = year < 50 ? year + 2000 : year < 1000 ? year + 1900 : year;
	const days = new Date(Date.UTC(full, month + 1, 0)).getUTCDate();
	if (month < 0 || day < 1 || day > days || hour > 24 || minute > 59 || second > 60) return null;
	return checked(Date.UTC(full, month, day, hour, minute, second) - zoneMinutes(zone) * MINUTE_MS);
}

function checked(time: number): Date | null {
	const date = new Date(time);
	const year = date.getUTCFullYear();
	return year >= FIRST_YEAR && year <= LAST_YEAR ? date : null;
}

function halfDay(hour: number, half: string | undefined): number {
	if (half === undefined) return hour;
	return (hour % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
}

/** Minutes east of UTC; 0 for what is not known (RFC 5322 §4.3). */
function zoneMinutes(zone: string): number {
	const offset = /^\s*(?:utc|gmt)?\s*([+-])\s*(\d{1,2}):?(\d{2})?/i.exec(zone);
	if (offset) {
		const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
		return (offset[1] === '-' ? -1 : 1) * (minutes <= 24 * 60 ? minutes : 0);
	}
	const name = /^\s*([a-z]+)/i.exec(zone)?.[1];
	return name === undefined ? 0 : (ZONES[name.toLowerCase()] ?? 0);
}
