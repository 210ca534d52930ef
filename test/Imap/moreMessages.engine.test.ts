/** Deleting, files, conversations, new messages and marks of the trigger, on several servers. */
import { describeWith } from '../servers';
import { inMailbox, messageId, PARTS, raw, Rig, without, type ServerKind } from './rig';

jest.setTimeout(120_000);

const PDF = Buffer.from('%PDF-1.4 a plan');
const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');
const WITH_FILES = Buffer.from(
	[
		'From: Ann <ann@example.org>',
		'To: Bob <bob@example.org>',
		'Subject: =?utf-8?q?Pl=C3=A4ne?=',
		`Message-ID: ${messageId('files')}`,
		'MIME-Version: 1.0',
		'Content-Type: multipart/mixed; boundary=mixed',
		'',
		'--mixed',
		'Content-Type: text/plain; charset=utf-8',
		'',
		'See the files',
		'--mixed',
		'Content-Type: application/pdf; name=plan.pdf',
		'Content-Disposition: attachment; filename=plan.pdf',
		'Content-Transfer-Encoding: base64',
		'',
		PDF.toString('base64'),
		'--mixed',
		'Content-Type: image/png; name=pic.png',
		'Content-Disposition: attachment; filename=pic.png',
		'Content-Transfer-Encoding: base64',
		'',
		PNG.toString('base64'),
		'--mixed--',
		'',
	].join('\r\n'),
);
const ONLY_A_FILE = Buffer.from(
	[
		'From: Ann <ann@example.org>',
		'Subject: scan',
		`Message-ID: ${messageId('scan')}`,
		'MIME-Version: 1.0',
		'Content-Type: application/pdf; name=scan.pdf',
		'Content-Transfer-Encoding: base64',
		'',
		PDF.toString('base64'),
		'',
	].join('\r\n'),
);

describe.each(['embedded', 'dovecot', 'cyrus', 'courier'] satisfies ServerKind[])('at %s', (kind) => {
	describeWith(PARTS[kind], 'messages', () => {
		let rig: Rig;
		beforeAll(async () => {
			rig = await Rig.start(kind);
		});
		afterAll(async () => await rig.stop());

		test('delete: for good, only what was named, and only when the node may', async () => {
			const account = await rig.account('one', 'two', 'three');
			// Another mail program has marked this one as deleted and not cleaned up yet.
			await account.run({ operation: 'addFlags', message: messageId('three'), flags: '\\Deleted' });
			const before = await account.everything();
			const refused = await account.run({ operation: 'delete', message: messageId('two') });
			expect(refused.error?.message).toMatch(/was not done/);
			expect(refused.error?.description).toContain('Allow Deleting for Good');
			expect(await account.everything()).toEqual(before);
			const parameters = { operation: 'delete', message: messageId('two'), allowDelete: true };
			const ran = await account.run(parameters);
			expect(ran.json[0]).toMatchObject({ id: null, messageId: messageId('two'), changed: true });
			expect(await account.everything()).toEqual(without(before, 'two'));
			expect((await account.run(parameters)).error?.message).toMatch(/No mailbox of this account/);
			const stale = { ...parameters, message: 'INBOX;UIDVALIDITY=7/;UID=1' };
			expect((await account.run(stale)).error?.message).toContain('renumbered');
			expect(await account.everything()).toEqual(without(before, 'two'));
		});

		test('download attachments: all, by name, by type, by part', async () => {
			const account = await rig.account();
			await account.append('INBOX', WITH_FILES, ONLY_A_FILE);
			const before = await account.everything();
			const files = async (parameters: object, message = messageId('files')) => {
				const ran = await account.run({ operation: 'downloadAttachments', message, ...parameters });
				expect(ran.error).toBeUndefined();
				expect(ran.items[0]?.json['subject']).toBe(message === messageId('files') ? 'Pläne' : 'scan');
				const { binary = {}, json } = ran.items[0]!;
				const told = json['attachments'] as { binaryProperty: string; fileName: string }[];
				expect(told.map(({ binaryProperty }) => binaryProperty)).toEqual(Object.keys(binary));
				return Object.values(binary).map(({ fileName, data }) => [
					fileName,
					Buffer.from(data, 'base64').toString('latin1'),
				]);
			};
			const pdf = ['plan.pdf', PDF.toString('latin1')];
			const png = ['pic.png', PNG.toString('latin1')];
			expect(await files({})).toEqual([pdf, png]);
			expect(await files({ attachmentOptions: { names: '*.pdf' } })).toEqual([pdf]);
			expect(await files({ attachmentOptions: { types: 'image/*' } })).toEqual([png]);
			expect(await files({ attachmentOptions: { names: 'nothing' } })).toEqual([]);
			const list = await account.run({ operation: 'getMany', mailbox: 'INBOX' });
			const [scan, both] = list.json.map(({ attachments }) => attachments as { part: string }[]);
			expect(both).toMatchObject([{ fileName: 'plan.pdf' }, { fileName: 'pic.png' }]);
			expect(list.json.map(({ hasAttachments }) => hasAttachments)).toEqual([true, true]);
			expect(await files({ parts: both![1]!.part })).toEqual([png]);
			expect(await files({ parts: `${both![1]!.part}, ${both![0]!.part}` })).toEqual([png, pdf]);
			// A mail that is just one file.
			expect(await files({}, messageId('scan'))).toEqual([['scan.pdf', PDF.toString('latin1')]]);
			expect(await files({ parts: scan![0]!.part }, messageId('scan'))).toEqual([
				['scan.pdf', PDF.toString('latin1')],
			]);
			const wrong = await account.run({
				operation: 'downloadAttachments',
				message: messageId('files'),
				parts: '7',
			});
			expect(wrong.error?.message).toContain('part number 7');
			expect(wrong.error?.description).toContain('plan.pdf');
			expect(await account.everything()).toEqual(before);
		});

		test('download attachments: a part that takes several commands', async () => {
			const account = await rig.account();
			const bytes = Buffer.alloc(
				2_500_000,
				Uint8Array.from({ length: 251 }, (_none, i) => i),
			);
			const lines = bytes.toString('base64').replace(/.{76}/g, '$&\r\n');
			const [head, tail] = WITH_FILES.toString('latin1').split(PDF.toString('base64'));
			await account.append('INBOX', Buffer.from(`${head}${lines}${tail}`, 'latin1'));
			const ran = await account.run({
				...{ operation: 'downloadAttachments', message: messageId('files'), parts: '2, 3' },
			});
			expect(ran.error).toBeUndefined();
			const attachments = ran.json[0]!['attachments'] as { size: number }[];
			expect(attachments.map(({ size }) => size)).toEqual([bytes.length, PNG.length]);
			const whole = await account.run({ operation: 'downloadAttachments', message: messageId('files') });
			const checksum = (whole.json[0]!['attachments'] as { checksum: string; size: number }[])[0]!;
			expect(checksum.size).toBe(bytes.length);
		});

		test('get thread: all of the conversation, from all mailboxes, each mail once', async () => {
			const account = await rig.account();
			const reply = (name: string, ...references: string[]) =>
				raw(name, [
					`References: ${references.map(messageId).join(' ')}`,
					`In-Reply-To: ${messageId(references.at(-1)!)}`,
				]);
			await account.append('INBOX', raw('question'), raw('unrelated'), reply('thanks', 'question', 'answer'));
			await account.append('Sent', reply('answer', 'question'));
			await account.append(
				'Old',
				reply('late', 'question', 'answer', 'thanks'),
				reply('thanks', 'question', 'answer'),
			);
			// The subject says nothing about where a mail belongs, and the id of another begins like ours.
			await account.append(
				'INBOX',
				raw('question 2'),
				raw('fork', [`References: <x-${messageId('question').slice(1)}`]),
			);
			const before = await account.everything();
			for (const start of ['question', 'answer', 'late']) {
				const ran = await account.run({ operation: 'getThread', message: messageId(start) });
				expect(ran.error).toBeUndefined();
				expect(ran.json.map(({ messageId: id }) => id).sort()).toEqual(
					['answer', 'late', 'question', 'thanks'].map(messageId),
				);
			}
			const whole = await account.run({
				operation: 'getThread',
				message: messageId('thanks'),
				messageMailbox: 'INBOX',
				threadFields: 'message',
			});
			expect(whole.json.map(({ text }) => String(text).trim()).sort()).toEqual(
				['answer', 'late', 'question', 'thanks'].map((name) => `Text of ${name}`),
			);
			const alone = await account.run({ operation: 'getThread', message: messageId('unrelated') });
			expect(alone.json.map(({ subject }) => subject)).toEqual(['unrelated']);
			expect(await account.everything()).toEqual(before);
		});

		test('append: from fields, and a file as it is', async () => {
			const account = await rig.account('one');
			await account.append('Drafts');
			const before = await account.everything();
			const fields = { subject: 'Grüße', toEmail: 'eve@example.org', text: 'Hello', html: '<p>Hello</p>' };
			const draft = await account.run({
				operation: 'append',
				appendTo: 'Drafts',
				fromEmail: 'me@example.org',
				...fields,
			});
			expect(draft.error).toBeUndefined();
			const id = String(draft.json[0]!['id']);
			expect(id).toMatch(/^(INBOX\.)?Drafts;UIDVALIDITY=\d+\/;UID=\d+$/);
			const [got] = (await account.run({ operation: 'get', message: id })).json;
			expect(got).toMatchObject({
				subject: 'Grüße',
				toText: 'eve@example.org',
				text: 'Hello',
				html: '<p>Hello</p>',
			});
			expect(got!['flags']).toEqual(expect.arrayContaining(['\\Draft', '\\Seen']));
			expect(got!['messageId']).toBe(draft.json[0]!['messageId']);

			const source = raw('from a file').toString().replaceAll('\r\n', '\n');
			const data = (content: string) => ({
				data: {
					data: Buffer.from(content).toString('base64'),
					mimeType: 'message/rfc822',
					fileName: 'a.eml',
				},
			});
			const eml = {
				operation: 'append',
				appendTo: 'INBOX',
				source: 'eml',
				appendOptions: { flags: 'Invoice' },
			};
			const file = await account.run(eml, [{}], {}, data(source));
			expect(file.json[0]).toMatchObject({ messageId: messageId('from a file'), mailbox: 'INBOX' });
			const [whole] = (
				await account.run({ operation: 'get', message: messageId('from a file'), format: 'eml' })
			).items;
			expect(Buffer.from(Object.values(whole!.binary!)[0]!.data, 'base64').toString()).toBe(
				raw('from a file').toString(),
			);
			expect(whole!.json['flags']).toContain('Invoice');
			const picture = await account.run(eml, [{}], {}, data('\u0089PNG'));
			expect(picture.error?.message).toContain('is no e-mail');
			const nowhere = await account.run({
				operation: 'append',
				appendTo: 'Nowhere',
				fromEmail: 'me@example.org',
				...fields,
			});
			expect(nowhere.error?.message).toMatch(/^The mailbox ".*Nowhere" does not exist\.$/);
			expect(nowhere.error?.description).toContain('"INBOX"');
			const after = await account.everything();
			expect(inMailbox(after, 'INBOX')).toEqual(['one', 'from-a-file']);
			expect(without(after, 'from a file')['INBOX']).toEqual(before['INBOX']);
		});

		test('mark as done and put back: the marks that the trigger goes by', async () => {
			const account = await rig.account('one', 'two');
			const flags = async () =>
				Object.values((await account.everything())['INBOX']!).map((mail) => mail.flags);
			await account.run({ operation: 'addFlags', message: messageId('two'), flags: 'MailroomFailed' });
			const done = await account.run({ operation: 'markDone', message: messageId('two') });
			expect(done.error).toBeUndefined();
			expect(await flags()).toEqual([[], ['MailroomDone', '\\Seen']]);
			expect((await account.run({ operation: 'putBack', message: messageId('two') })).error).toBeUndefined();
			expect(await flags()).toEqual([[], []]);
		});
	});
});
