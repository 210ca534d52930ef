/** What the editor does with our descriptions that no linter sees. */
import type { INodeProperties } from 'n8n-workflow';
import { properties as imap } from '../../nodes/Imap/description';
import { properties as trigger } from '../../nodes/ImapTrigger/description';
import { properties as send } from '../../nodes/SendMail/description';

/** Whether no choice of other fields shows both. */
function neverTogether(one: INodeProperties, other: INodeProperties): boolean {
	const theirs = other.displayOptions?.show ?? {};
	return Object.entries(one.displayOptions?.show ?? {}).some(([field, values]) => {
		const others = theirs[field];
		return others !== undefined && !values?.some((value) => others.includes(value));
	});
}

function shownTwice(properties: readonly INodeProperties[]): string[] {
	return properties.flatMap((one, index) =>
		properties
			.slice(index + 1)
			.filter((other) => other.name === one.name && !neverTogether(one, other))
			.map(() => one.displayName),
	);
}

test.each(Object.entries({ imap, trigger, send }))('%s: no field is shown twice', (_node, properties) => {
	expect(shownTwice(properties)).toEqual([]);
});

test('a field with the same name for the same operation is found', () => {
	const [first] = imap.filter(({ name }) => name === 'attachmentOptions');
	expect(shownTwice([...imap, first!])).toContain(first!.displayName);
});
