/** What the editor shows for which choice, by n8n's own rules. */
import { NodeHelpers, type INodeParameters, type INodeProperties } from 'n8n-workflow';
import { ImapTrigger } from '../../nodes/ImapTrigger/ImapTrigger.node';

const { description } = new ImapTrigger();

/** The groups of a name that are shown, and the names of their options. */
function shown(name: string, values: INodeParameters): { title: string; options: string[] }[] {
	const complete = NodeHelpers.getNodeParameters(
		description.properties,
		values,
		true,
		false,
		null,
		description,
	);
	return description.properties
		.filter((property) => property.name === name)
		.filter((property) => NodeHelpers.displayParameter(complete ?? {}, property, null, description))
		.map(({ displayName, options }) => ({
			title: displayName,
			options: (options as INodeProperties[]).map((option) => option.name),
		}));
}

/** What n8n keeps of a workflow's parameters when it is saved, and hands to the node. */
function kept(values: INodeParameters): INodeParameters | null {
	return NodeHelpers.getNodeParameters(description.properties, values, true, false, null, description);
}

const ALL_MARKS = ['addKeyword', 'delete', 'flag', 'markRead', 'moveTo'];

test.each([
	['succeeded', 'On Success', ALL_MARKS],
	['ended', 'When It Has Ended', ALL_MARKS],
	['started', 'When It Has Started', ['addKeyword', 'flag', 'markRead']],
])('marking the mail %s: one group, "%s"', (acknowledge, title, options) => {
	expect(shown('onSuccess', { acknowledge })).toEqual([{ title, options }]);
	expect(kept({ acknowledge })).toMatchObject({ onSuccess: { markRead: true } });
	const onSuccess = { flag: true, addKeyword: 'Seen' };
	expect(kept({ acknowledge, onSuccess })).toMatchObject({ onSuccess });
});

const DOWNLOAD = ['inlineRule', 'leaveOutInline', 'maxSize', 'names', 'prefix', 'types'];

test.each<[INodeParameters, string[] | null]>([
	[{}, ['inlineRule']],
	[{ attachmentMode: 'download' }, DOWNLOAD],
	[{ format: 'simple', attachmentMode: 'download' }, DOWNLOAD],
	[{ format: 'resolved' }, DOWNLOAD],
	[{ format: 'resolved', attachmentMode: 'none' }, DOWNLOAD],
	[{ attachmentMode: 'none' }, null],
	[{ format: 'eml', attachmentMode: 'download' }, null],
])('%j: options of attachments %j', (values, options) => {
	expect(shown('attachmentOptions', values).map((group) => group.options)).toEqual(options ? [options] : []);
	const attachmentOptions = {
		inlineRule: 'never',
		...(options === DOWNLOAD && { maxSize: 1.5, names: '*.pdf' }),
	};
	if (options) expect(kept({ ...values, attachmentOptions })).toMatchObject({ attachmentOptions });
});
