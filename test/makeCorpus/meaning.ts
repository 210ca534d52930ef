/** Invitations, automatic mail, lists, priority: what a mail means beside its text. */
import { base64, composed, group, head, html, part, plain, textMail, type Case, type Field } from './build';

type Add = (name: string, source: Buffer, expected: object) => void;

export function meaning(): Case[] {
	const cases: Case[] = [];
	const folder =
		(origin: string): Add =>
		(name, source, expected) =>
			cases.push({ name: `${origin}/${name}`, source, expected });
	calendar(folder('calendar'));
	automatic(folder('automatic'));
	return cases;
}

const BERLIN =
	'BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n';
const PEOPLE =
	'ORGANIZER;CN=Ada Example:mailto:ada@sender.example\nATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@receiver.example\nATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:eve@receiver.example\n';

const event = (method: string, lines: string, zone = '') =>
	`BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//EN\nMETHOD:${method}\n${zone}BEGIN:VEVENT\nUID:ev-1@sender.example\nSUMMARY:Planning\n${lines}END:VEVENT\nEND:VCALENDAR\n`;

const invite = (text: string, method = 'REQUEST') =>
	composed(head('Invitation: Planning'), 'alternative', [
		plain('You are invited'),
		html('<p>You are invited</p>'),
		part(`text/calendar; charset=utf-8; method=${method}`, Buffer.from(text.replace(/\n/g, '\r\n'))),
	]);

function calendar(add: Add): void {
	const one = (name: string, lines: string, expected: object, zone = '', method = 'REQUEST') =>
		add(name, invite(event(method, lines, zone), method), {
			calendar: [{ method, uid: 'ev-1@sender.example', summary: 'Planning', ...expected }],
		});
	one('utc', `DTSTART:20260305T090000Z\nDTEND:20260305T100000Z\n${PEOPLE}`, {
		start: '2026-03-05T09:00:00Z',
		end: '2026-03-05T10:00:00Z',
		timeZone: 'UTC',
		allDay: false,
		organizer: { address: 'ada@sender.example', name: 'Ada Example' },
		attendees: [
			{ address: 'bob@receiver.example', name: 'Bob', status: 'needs-action', required: true },
			{ address: 'eve@receiver.example', name: '', status: 'accepted', required: false },
		],
	});
	one(
		'outlook-zone-winter',
		'DTSTART;TZID=W. Europe Standard Time:20260305T090000\nDTEND;TZID=W. Europe Standard Time:20260305T100000\n',
		{
			start: '2026-03-05T09:00:00+01:00',
			end: '2026-03-05T10:00:00+01:00',
			timeZone: 'W. Europe Standard Time',
		},
		BERLIN,
	);
	one(
		'outlook-zone-summer',
		'DTSTART;TZID=W. Europe Standard Time:20260705T090000\nDTEND;TZID=W. Europe Standard Time:20260705T100000\n',
		{ start: '2026-07-05T09:00:00+02:00', end: '2026-07-05T10:00:00+02:00' },
		BERLIN,
	);
	one('zone-name-without-definition', 'DTSTART;TZID=Europe/Berlin:20260705T090000\nDURATION:PT45M\n', {
		start: '2026-07-05T09:00:00+02:00',
		end: '2026-07-05T09:45:00+02:00',
		timeZone: 'Europe/Berlin',
	});
	one(
		'windows-name-without-definition',
		'DTSTART;TZID=Pacific Standard Time:20260115T090000\nDTEND;TZID=Pacific Standard Time:20260115T093000\n',
		{ start: '2026-01-15T09:00:00-08:00' },
	);
	for (const [name, offset] of [
		['Newfoundland Standard Time', '-03:30'],
		['Nepal Standard Time', '+05:45'],
		['Central America Standard Time', '-06:00'],
		['Ekaterinburg Standard Time', '+05:00'],
	] as const)
		one(`windows-name-${name.split(' ')[0]?.toLowerCase() ?? ''}`, `DTSTART;TZID=${name}:20260115T090000\n`, {
			start: `2026-01-15T09:00:00${offset}`,
		});
	one('zone-of-skype', 'DTSTART;TZID=tzone://Microsoft/Utc:20260115T090000\n', {
		start: '2026-01-15T09:00:00+00:00',
	});
	one('zone-is-an-offset', 'DTSTART;TZID=UTC+01:00:20260115T090000\n', {
		start: '2026-01-15T09:00:00+01:00',
	});
	one('zone-beside-utc', 'DTSTART;TZID=Europe/Berlin:20260705T070000Z\n', { start: '2026-07-05T07:00:00Z' });
	one('date-not-called-so', 'DTSTART:20260705\n', { start: '2026-07-05', allDay: true });
	one('start-is-no-date', 'DTSTART:soon\nLOCATION:Here\n', { start: null, location: 'Here' });
	one(
		'organiser-without-address',
		'DTSTART:20260305T090000Z\nORGANIZER;CN=Ada:invalid:nomail\nATTENDEE;EMAIL=bob@receiver.example:/aMTk/principal/\n',
		{ organizer: { address: '', name: 'Ada' }, attendees: [{ address: 'bob@receiver.example' }] },
	);
	add(
		'calendar-without-end',
		invite(
			'BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:u1\nSUMMARY:A\nDTSTART:20260305T090000Z\n',
		),
		{ calendar: [{ summary: 'A', start: '2026-03-05T09:00:00Z' }] },
	);
	add(
		'charset-of-the-part',
		composed(head('x'), 'alternative', [
			plain('x'),
			part(
				'text/calendar; charset=utf-16le; method=REQUEST',
				Buffer.from(
					event('REQUEST', 'DTSTART:20260305T090000Z\nLOCATION:Büro\n').replace(/\n/g, '\r\n'),
					'utf16le',
				),
			),
		]),
		{ calendar: [{ location: 'Büro' }] },
	);
	add(
		'older-vcalendar',
		composed(head('x'), 'mixed', [
			plain('x'),
			part(
				'text/x-vcalendar',
				'BEGIN:VCALENDAR\nVERSION:1.0\nBEGIN:VEVENT\nUID:x\nSUMMARY:Old\nDTSTART:20260105T090000Z\nEND:VEVENT\nEND:VCALENDAR\n',
			),
		]),
		{ calendar: [{ summary: 'Old' }] },
	);
	one('zone-unknown', 'DTSTART;TZID=Nowhere/City:20260115T090000\n', {
		start: '2026-01-15T09:00:00',
		end: '2026-01-15T09:00:00',
		timeZone: 'Nowhere/City',
	});
	one('floating', 'DTSTART:20260115T090000\n', { start: '2026-01-15T09:00:00', timeZone: null });
	one('all-day', 'DTSTART;VALUE=DATE:20260501\nDTEND;VALUE=DATE:20260503\n', {
		start: '2026-05-01',
		end: '2026-05-03',
		allDay: true,
	});
	one('all-day-without-end', 'DTSTART;VALUE=DATE:20260501\n', {
		start: '2026-05-01',
		end: '2026-05-02',
		allDay: true,
	});
	one(
		'cancelled',
		'DTSTART:20260305T090000Z\nDTEND:20260305T100000Z\nSTATUS:CANCELLED\nSEQUENCE:2\n',
		{ status: 'CANCELLED', sequence: 2 },
		'',
		'CANCEL',
	);
	one(
		'accepted',
		'DTSTART:20260305T090000Z\nATTENDEE;PARTSTAT=ACCEPTED;CN=Bob:mailto:bob@receiver.example\n',
		{ attendees: [{ address: 'bob@receiver.example', name: 'Bob', status: 'accepted' }] },
		'',
		'REPLY',
	);
	one(
		'declined',
		'DTSTART:20260305T090000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:bob@receiver.example\n',
		{ attendees: [{ status: 'declined' }] },
		'',
		'REPLY',
	);
	one('recurring', 'DTSTART:20260305T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=10\n', {
		recurrence: 'FREQ=WEEKLY;COUNT=10;BYDAY=TH',
	});
	one('one-of-a-series', 'DTSTART:20260305T110000Z\nRECURRENCE-ID:20260305T090000Z\n', {
		recurrenceId: '2026-03-05T09:00:00Z',
	});
	one(
		'text-escapes-and-folding',
		'DTSTART:20260305T090000Z\nLOCATION:Room 1\\, second floor\nDESCRIPTION:First line\\nSecond\n  line\\; end\n',
		{ location: 'Room 1, second floor', description: 'First line\nSecond line; end' },
	);
	one(
		'teams-link',
		'DTSTART:20260305T090000Z\nX-MICROSOFT-SKYPETEAMSMEETINGURL:https://teams.microsoft.com/l/meetup-join/abc\n',
		{ url: 'https://teams.microsoft.com/l/meetup-join/abc' },
	);
	one(
		'zoom-link-in-text',
		'DTSTART:20260305T090000Z\nDESCRIPTION:Join: https://example.zoom.us/j/123?pwd=x now\n',
		{ url: 'https://example.zoom.us/j/123?pwd=x' },
	);
	one('unicode', 'DTSTART:20260305T090000Z\nLOCATION:Köln – 会议室\n', { location: 'Köln – 会议室' });
	const twice = event('REQUEST', 'DTSTART:20260305T090000Z\n');
	add(
		'sent-twice',
		composed(head('Invitation'), 'mixed', [
			group('alternative', 'a', [plain('x'), part('text/calendar; method=REQUEST', twice)]),
			part(
				'application/ics; name="invite.ics"',
				base64(twice),
				['Content-Transfer-Encoding', 'base64'],
				['Content-Disposition', 'attachment; filename="invite.ics"'],
			),
		]),
		{
			calendar: [{ uid: 'ev-1@sender.example' }],
		},
	);
	add(
		'calendar-only',
		composed(head('Invitation'), 'mixed', [
			part('text/calendar', event('PUBLISH', 'DTSTART:20260305T090000Z\n')),
		]),
		{ text: '', calendar: [{ method: 'PUBLISH' }] },
	);
	add('broken', invite('BEGIN:VCALENDAR\nthis is no calendar\n'), {
		text: 'You are invited',
		calendar: [],
		parseError: null,
	});
	add(
		'unescaped-line-break',
		invite(event('REQUEST', 'DTSTART:20260305T090000Z\nDESCRIPTION:First\nsecond line\n')),
		{ calendar: [{ description: 'First\nsecond line' }] },
	);
	add(
		'task',
		invite(
			'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTODO\nUID:t1\nSUMMARY:Do it\nDUE:20260305T090000Z\nEND:VTODO\nEND:VCALENDAR\n',
		),
		{ calendar: [{ uid: 't1', summary: 'Do it', start: null, end: '2026-03-05T09:00:00Z' }] },
	);
}

function automatic(add: Add): void {
	const kind = (name: string, fields: Field[], expected: object | null, subject = 'Hello') =>
		add(name, textMail(head(subject, ...fields), 'x'), { automatic: expected });
	kind('person', [], null);
	kind('auto-submitted-no', [['Auto-Submitted', 'no']], null);
	kind('vacation-rfc3834', [['Auto-Submitted', 'auto-replied']], { kind: 'vacation' });
	kind('vacation-with-parameter', [['Auto-Submitted', 'auto-replied; owner-email="a@x"']], {
		kind: 'vacation',
	});
	kind('vacation-x-autoreply', [['X-Autoreply', 'yes']], { kind: 'vacation' });
	kind('vacation-precedence', [['Precedence', 'auto_reply']], { kind: 'vacation' });
	kind('vacation-subject-english', [], { kind: 'vacation' }, 'Automatic reply: Meeting');
	kind('vacation-subject-out-of-office', [], { kind: 'vacation' }, 'Out of Office: Meeting');
	kind('vacation-subject-german', [], { kind: 'vacation' }, 'Automatische Antwort: Termin');
	kind('vacation-subject-german-absence', [], { kind: 'vacation' }, 'Abwesenheitsnotiz: Termin');
	kind('vacation-subject-french', [], { kind: 'vacation' }, 'Réponse automatique : Réunion');
	kind('vacation-subject-spanish', [], { kind: 'vacation' }, 'Respuesta automática: Reunión');
	kind('vacation-subject-chinese', [], { kind: 'vacation' }, '自动回复：会议');
	kind('vacation-subject-japanese', [], { kind: 'vacation' }, '自動応答: 会議');
	kind('vacation-subject-russian', [], { kind: 'vacation' }, 'Автоответ: Встреча');
	const PROGRAM: Field[] = [['Auto-Submitted', 'auto-generated']];
	kind('vacation-exchange-dutch', PROGRAM, { kind: 'vacation' }, 'Automatisch antwoord: Afspraak');
	kind('vacation-exchange-danish', PROGRAM, { kind: 'vacation' }, 'Automatisk svar: Møde');
	kind('vacation-exchange-hungarian', PROGRAM, { kind: 'vacation' }, 'Automatikus válasz: Találkozó');
	kind('vacation-exchange-romanian', PROGRAM, { kind: 'vacation' }, 'Răspuns automat: Ședință');
	kind('vacation-exchange-chinese', PROGRAM, { kind: 'vacation' }, '自动答复: 会议');
	kind('vacation-exchange-hebrew', PROGRAM, { kind: 'vacation' }, 'תשובה אוטומטית: פגישה');
	kind('vacation-notes', [], { kind: 'vacation' }, 'Bob Example is out of the office.');
	kind(
		'vacation-notes-german',
		PROGRAM,
		{ kind: 'vacation' },
		'AUTO: Bob Example ist außer Haus (Rückkehr am 12.03.2026)',
	);
	kind('person-writes-of-car', [], null, 'Auto: Reparatur in der Werkstatt');
	kind('person-writes-of-vacation', [], null, 'On vacation rentals');
	kind('person-will-be-away', [], null, 'Out of office next week');
	kind('automatic-in-subject-of-person', [], null, 'Question about automatic replies');
	kind(
		'own-loop',
		[
			['X-Loop', 'team@receiver.example'],
			['Auto-Submitted', 'auto-replied'],
		],
		{ kind: 'loop' },
	);
	kind('bulk', [['Precedence', 'bulk']], { kind: 'bulk' });
	kind('generated', [['Auto-Submitted', 'auto-generated']], { kind: 'other' });
	kind('null-sender', [['Return-Path', '<>']], { kind: 'other' });
	kind('no-reply-sender', [['From', 'no-reply@shop.example']], { kind: 'other' });
	kind('suppress-responses', [['X-Auto-Response-Suppress', 'All']], { kind: 'other' });
	add(
		'mailing-list',
		textMail(
			head(
				'[dev] Hello',
				['List-Id', 'Developers <dev.lists.example>'],
				['List-Post', '<mailto:dev@lists.example>'],
				['List-Unsubscribe', '<mailto:dev-leave@lists.example>'],
				['Precedence', 'list'],
			),
			'x',
		),
		{
			automatic: { kind: 'list' },
			list: {
				id: 'dev.lists.example',
				name: 'Developers',
				unsubscribeUrl: null,
				unsubscribeMail: 'mailto:dev-leave@lists.example',
				oneClick: false,
			},
		},
	);
	add(
		'newsletter-one-click',
		textMail(
			head(
				'News',
				['List-Unsubscribe', '<https://news.example/u?id=1>, <mailto:u@news.example>'],
				['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
				['List-Id', '<news.example>'],
			),
			'x',
		),
		{
			automatic: { kind: 'bulk' },
			list: {
				id: 'news.example',
				name: null,
				unsubscribeUrl: 'https://news.example/u?id=1',
				unsubscribeMail: 'mailto:u@news.example',
				oneClick: true,
			},
		},
	);
	add(
		'one-click-needs-https',
		textMail(
			head(
				'News',
				['List-Unsubscribe', '<http://news.example/u>'],
				['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
			),
			'x',
		),
		{ list: { oneClick: false, unsubscribeUrl: 'http://news.example/u' } },
	);
	const priority = (name: string, field: Field, expected: string) =>
		add(`priority-${name}`, textMail(head('Now', field), 'x'), { priority: expected });
	priority('x-priority-high', ['X-Priority', '1 (Highest)'], 'high');
	priority('x-priority-low', ['X-Priority', '5'], 'low');
	priority('x-priority-normal', ['X-Priority', '3'], 'normal');
	priority('importance-high', ['Importance', 'High'], 'high');
	priority('msmail-low', ['X-MSMail-Priority', 'Low'], 'low');
	priority('rfc2156-urgent', ['Priority', 'urgent'], 'high');
}
