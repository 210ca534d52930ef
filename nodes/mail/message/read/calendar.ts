/** Invitations, answers and cancellations (RFC 5545, RFC 5546, RFC 6047). The only file that names ical.js. */
import ICAL from 'ical.js';
import type { CalendarAttendee, CalendarEvent } from '../meaning';
import { repairedCalendar } from './calendarRepair';
import { ianaZone, offsetOfZone } from './timeZones';

/** Characters of a calendar that are read. */
const MAX_LENGTH = 1_000_000;
/** Events and attendees that are kept. */
const MAX_EVENTS = 100;
const MAX_ATTENDEES = 1_000;
/** Definitions of summer and winter time in one zone. */
const MAX_ZONE_CHANGES = 500;
const DAY_S = 86_400;

/** Events (and tasks) of a calendar, or what can be read of a broken one; empty when it is none. */
export function readCalendar(text: string, methodOfType: string | null): CalendarEvent[] {
	let roots: unknown[];
	try {
		roots = [ICAL.parse(repairedCalendar(text.slice(0, MAX_LENGTH)))].flat();
	} catch {
		return [];
	}
	// A single calendar is parsed as [name, properties, children], several as a list of those.
	const calendars = typeof roots[0] === 'string' ? [roots] : roots;
	return calendars
		.flatMap((root) =>
			eventsOf(new ICAL.Component(root as ConstructorParameters<typeof ICAL.Component>[0]), methodOfType),
		)
		.slice(0, MAX_EVENTS);
}

function eventsOf(calendar: ICAL.Component, methodOfType: string | null): CalendarEvent[] {
	const method = (textOf(calendar, 'method') ?? methodOfType)?.toUpperCase() ?? null;
	const zones = new Map<string, ICAL.Timezone>();
	for (const definition of calendar.getAllSubcomponents('vtimezone').slice(0, 50)) {
		const id = textOf(definition, 'tzid');
		if (id !== null && isYearly(definition)) zones.set(id, new ICAL.Timezone(definition));
	}
	const events: CalendarEvent[] = [];
	for (const component of [
		...calendar.getAllSubcomponents('vevent'),
		...calendar.getAllSubcomponents('vtodo'),
	]) {
		if (events.length >= MAX_EVENTS) break;
		try {
			events.push(toEvent(component, method, zones));
		} catch {
			// An event that cannot be read does not spoil the others.
		}
	}
	return events;
}

/** Clocks change once a year; a rule that repeats every second would be followed for ever. */
function isYearly(zone: ICAL.Component): boolean {
	const rules = zone.getAllSubcomponents().map((change) => textOf(change, 'rrule'));
	return (
		rules.length <= MAX_ZONE_CHANGES && rules.every((rule) => rule === null || /FREQ=YEARLY/i.test(rule))
	);
}

function toEvent(
	component: ICAL.Component,
	method: string | null,
	zones: Map<string, ICAL.Timezone>,
): CalendarEvent {
	const start = component.getFirstProperty('dtstart');
	const startTime = timeOf(start);
	const zoneId = parameterOf(start, 'tzid');
	const organizer = component.getFirstProperty('organizer');
	return {
		method,
		uid: textOf(component, 'uid'),
		sequence: Number.parseInt(textOf(component, 'sequence') ?? '0', 10) || 0,
		status: textOf(component, 'status')?.toUpperCase() ?? null,
		summary: textOf(component, 'summary'),
		description: textOf(component, 'description'),
		location: textOf(component, 'location'),
		start: startTime ? written(startTime, zoneId, zones) : null,
		end: endOf(component, startTime, zoneId, zones),
		timeZone: zoneId ?? (startTime?.zone?.tzid === 'UTC' ? 'UTC' : null),
		allDay: startTime?.isDate ?? false,
		recurrence: textOf(component, 'rrule'),
		recurrenceId: recurrenceIdOf(component, zones),
		organizer: organizer ? toAttendee(organizer) : null,
		attendees: component.getAllProperties('attendee').slice(0, MAX_ATTENDEES).map(toAttendee),
		url: meetingUrl(component),
	};
}

function endOf(
	component: ICAL.Component,
	start: ICAL.Time | null,
	zoneId: string | null,
	zones: Map<string, ICAL.Timezone>,
): string | null {
	const property = component.getFirstProperty('dtend') ?? component.getFirstProperty('due');
	const end = timeOf(property);
	if (end) return written(end, parameterOf(property, 'tzid'), zones);
	if (!start) return null;
	const duration = component.getFirstPropertyValue('duration');
	const later = start.clone();
	if (duration instanceof ICAL.Duration) later.addDuration(duration);
	// RFC 5545 §3.6.1: without end or duration a day lasts a day, and a moment no time.
	else if (start.isDate) later.addDuration(ICAL.Duration.fromSeconds(DAY_S));
	return written(later, zoneId, zones);
}

function recurrenceIdOf(component: ICAL.Component, zones: Map<string, ICAL.Timezone>): string | null {
	const property = component.getFirstProperty('recurrence-id');
	const time = timeOf(property);
	return time ? written(time, parameterOf(property, 'tzid'), zones) : null;
}

/** ISO 8601 with the offset of its zone: of the calendar's own definition, else of the zone of that name. */
function written(time: ICAL.Time, zoneId: string | null, zones: Map<string, ICAL.Timezone>): string {
	const pad = (value: number, width = 2) => String(value).padStart(width, '0');
	const day = `${pad(time.year, 4)}-${pad(time.month)}-${pad(time.day)}`;
	if (time.isDate) return day;
	const local = `${day}T${pad(time.hour)}:${pad(time.minute)}:${pad(time.second)}`;
	if (zoneId === null) return time.zone?.tzid === 'UTC' ? `${local}Z` : local;
	const zone = zones.get(zoneId);
	const seconds = zone ? zone.utcOffset(time) : offsetOfZone(ianaZone(zoneId), new Date(`${local}Z`));
	if (seconds === null) return local;
	const minutes = Math.round(Math.abs(seconds) / 60);
	return `${local}${seconds < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function timeOf(property: ICAL.Property | null): ICAL.Time | null {
	const value = property?.getFirstValue();
	return value instanceof ICAL.Time ? value : null;
}

function toAttendee(property: ICAL.Property): CalendarAttendee {
	return {
		address: addressOf(property),
		name: parameterOf(property, 'cn') ?? '',
		status: (parameterOf(property, 'partstat') ?? 'needs-action').toLowerCase(),
		required: !/^(?:OPT|NON)-PARTICIPANT$/i.test(parameterOf(property, 'role') ?? ''),
	};
}

/** Some programs give no address but a path or number of their own, and the address beside it (RFC 7986 §6.2). */
function addressOf(property: ICAL.Property): string {
	const value = String(property.getFirstValue() ?? '').trim();
	if (/^mailto:/i.test(value)) return value.replace(/^mailto:/i, '').trim();
	return parameterOf(property, 'email') ?? (/^[^\s:/@]+@[^\s/@]+$/.test(value) ? value : '');
}

function parameterOf(property: ICAL.Property | null, name: string): string | null {
	const value = property?.getParameter(name);
	const text = Array.isArray(value) ? value[0] : value;
	return text === undefined || text === '' ? null : text;
}

function textOf(component: ICAL.Component, name: string): string | null {
	const value = component.getFirstPropertyValue(name);
	const text = value === null || value === undefined ? '' : String(value).trim();
	return text === '' ? null : text;
}

/** Where Microsoft, Google and Zoom put the page of an online meeting. */
function meetingUrl(component: ICAL.Component): string | null {
	const named = ['x-microsoft-skypeteamsmeetingurl', 'x-google-conference', 'conference', 'url']
		.map((name) => textOf(component, name))
		.find((text) => text !== null && /^https?:/i.test(text));
	if (named != null) return named;
	const words = `${textOf(component, 'location') ?? ''}\n${textOf(component, 'description') ?? ''}`;
	return (
		/https:\/\/(?:[\w-]+\.)?(?:zoom\.us|teams\.microsoft\.com|meet\.google\.com|webex\.com)\/[^\s<>"\]]{1,500}/i.exec(
			words,
		)?.[0] ?? null
	);
}
