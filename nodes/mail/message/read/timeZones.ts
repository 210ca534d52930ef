/** Offsets of time zones by name: those of IANA, which Node knows, and the names that Windows programs use. */

/** The names most seen in invitations (Unicode CLDR, windowsZones). */
const WINDOWS_ZONES: Partial<Record<string, string>> = {
	'W. Europe Standard Time': 'Europe/Berlin',
	'Central Europe Standard Time': 'Europe/Budapest',
	'Central European Standard Time': 'Europe/Warsaw',
	'Romance Standard Time': 'Europe/Paris',
	'GMT Standard Time': 'Europe/London',
	'Greenwich Standard Time': 'Atlantic/Reykjavik',
	'FLE Standard Time': 'Europe/Kiev',
	'GTB Standard Time': 'Europe/Bucharest',
	'E. Europe Standard Time': 'Europe/Chisinau',
	'Russian Standard Time': 'Europe/Moscow',
	'Turkey Standard Time': 'Europe/Istanbul',
	'Israel Standard Time': 'Asia/Jerusalem',
	'Egypt Standard Time': 'Africa/Cairo',
	'South Africa Standard Time': 'Africa/Johannesburg',
	'Arabian Standard Time': 'Asia/Dubai',
	'Arab Standard Time': 'Asia/Riyadh',
	'Iran Standard Time': 'Asia/Tehran',
	'Pakistan Standard Time': 'Asia/Karachi',
	'India Standard Time': 'Asia/Kolkata',
	'SE Asia Standard Time': 'Asia/Bangkok',
	'China Standard Time': 'Asia/Shanghai',
	'Singapore Standard Time': 'Asia/Singapore',
	'Taipei Standard Time': 'Asia/Taipei',
	'Tokyo Standard Time': 'Asia/Tokyo',
	'Korea Standard Time': 'Asia/Seoul',
	'W. Australia Standard Time': 'Australia/Perth',
	'AUS Eastern Standard Time': 'Australia/Sydney',
	'E. Australia Standard Time': 'Australia/Brisbane',
	'New Zealand Standard Time': 'Pacific/Auckland',
	'Hawaiian Standard Time': 'Pacific/Honolulu',
	'Alaskan Standard Time': 'America/Anchorage',
	'Pacific Standard Time': 'America/Los_Angeles',
	'US Mountain Standard Time': 'America/Phoenix',
	'Mountain Standard Time': 'America/Denver',
	'Central Standard Time': 'America/Chicago',
	'Eastern Standard Time': 'America/New_York',
	'Atlantic Standard Time': 'America/Halifax',
	'E. South America Standard Time': 'America/Sao_Paulo',
	'Argentina Standard Time': 'America/Buenos_Aires',
	'SA Pacific Standard Time': 'America/Bogota',
	UTC: 'UTC',
};

export function ianaZone(name: string): string {
	const bare = name.replace(/^"|"$/g, '');
	// Some programs put their own address before the name: /mozilla.org/20050126_1/Europe/Berlin.
	return (
		WINDOWS_ZONES[bare] ??
		/(?:^|\/)([A-Z][A-Za-z]+\/[A-Z][\w+-]+(?:\/[A-Z][\w+-]+)?)$/.exec(bare)?.[1] ??
		bare
	);
}

/**
 * Seconds east of UTC that clocks show in a zone.
 *
 * @param local the time on these clocks, as if it were UTC
 * @returns null for a zone that is not known
 */
export function offsetOfZone(zone: string, local: Date): number | null {
	try {
		const format = new Intl.DateTimeFormat('en-US', {
			timeZone: zone,
			hourCycle: 'h23',
			year: 'numeric',
			month: 'numeric',
			day: 'numeric',
			hour: 'numeric',
			minute: 'numeric',
			second: 'numeric',
		});
		const offsetAt = (moment: number) => {
			const parts = Object.fromEntries(
				format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
			);
			const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
			return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
		};
		// The offset at that moment as UTC is off by hours around a change of clocks; the second look is right.
		const guess = offsetAt(local.getTime());
		return offsetAt(local.getTime() - guess) / 1000;
	} catch {
		return null;
	}
}
