/** Offsets of time zones by name: those of IANA, which Node knows, and the names that Windows programs use. */

import { WINDOWS_ZONES } from './windowsZones';

export function ianaZone(name: string): string {
	const bare = name.replace(/^"|"$/g, '');
	if (/^tzone:\/\/microsoft\/utc$/i.test(bare)) return 'UTC';
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
	const fixed = /^(?:UTC|GMT)\s?([+-])(\d{1,2}):?(\d{2})?$/i.exec(zone);
	if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 3_600 + Number(fixed[3] ?? 0) * 60);
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
