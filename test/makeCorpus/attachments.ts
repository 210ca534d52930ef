/** Files, mail within mail, signatures and winmail.dat. */
import { base64, composed, group, head, message, multipart, part, plain, textMail, type Case } from './build';
import { PNG, PDF, sha256, pdf, attached, file } from './sampleFiles';
import { tnef } from './tnef';

const forwarded = textMail(head('The inner subject'), 'Inner text');

type Add = (name: string, source: Buffer, expected: object) => void;

export function attachments(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, expected: object) =>
		cases.push({ name: `attachments/${name}`, source, expected });
	files(add);
	embedded(add);
	protectedMail(add);
	return cases;
}

function files(add: Add): void {
	add(
		'only-a-file',
		message(
			head(
				'File',
				['Content-Type', 'application/pdf; name="solo.pdf"'],
				['Content-Disposition', 'attachment'],
				['Content-Transfer-Encoding', 'base64'],
			),
			base64(PDF),
		),
		{
			text: '',
			attachments: [{ ...file('solo.pdf', 'application/pdf'), size: PDF.length }],
		},
	);
	add(
		'only-a-text-file',
		message(head('File', ['Content-Type', 'text/plain; charset=utf-8'], attached('notes.txt')), 'content'),
		{
			text: '',
			attachments: [file('notes.txt', 'text/plain')],
		},
	);
	add(
		'text-file-beside-text',
		composed(head('File'), 'mixed', [
			plain('Body'),
			part('text/plain; name="log.txt"', 'line 1', ['Content-Disposition', 'inline; filename="log.txt"']),
		]),
		{
			text: 'Body',
			attachments: [file('log.txt', 'text/plain')],
		},
	);
	add(
		'html-file',
		composed(head('File'), 'mixed', [plain('Body'), part('text/html', '<p>x</p>', attached('page.html'))]),
		{
			text: 'Body',
			html: null,
			attachments: [file('page.html', 'text/html')],
		},
	);
	add(
		'file-without-name',
		composed(head('File'), 'mixed', [plain('Body'), pdf(['Content-Disposition', 'attachment'])]),
		{ attachments: [file('attachment-1.pdf', 'application/pdf')] },
	);
	add(
		'file-without-disposition',
		composed(head('File'), 'mixed', [plain('Body'), part('application/zip; name=a.zip', 'PK')]),
		{ attachments: [file('a.zip', 'application/zip')] },
	);
	add(
		'file-without-type',
		composed(head('File'), 'mixed', [plain('Body'), message([attached('data.bin')], 'abc')]),
		{ attachments: [file('data.bin', 'application/octet-stream')] },
	);
	add(
		'two-files-one-name',
		composed(head('Files'), 'mixed', [pdf(attached('a.pdf')), pdf(attached('a.pdf'))]),
		{ attachments: [file('a.pdf', 'application/pdf'), file('a.pdf', 'application/pdf')] },
	);
	add(
		'empty-file',
		composed(head('File'), 'mixed', [
			plain('Body'),
			part('application/octet-stream', '', attached('empty.dat')),
		]),
		{
			attachments: [{ ...file('empty.dat', 'application/octet-stream'), size: 0 }],
		},
	);
	add(
		'vcard',
		composed(head('Card'), 'mixed', [
			plain('My card'),
			part(
				'text/vcard; charset=utf-8; name="ada.vcf"',
				'BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nEND:VCARD',
				attached('ada.vcf'),
			),
		]),
		{
			text: 'My card',
			calendar: [],
			attachments: [file('ada.vcf', 'text/vcard')],
		},
	);
	add(
		'uuencoded-part',
		composed(head('UU'), 'mixed', [
			plain('Body'),
			part(
				'application/octet-stream',
				'begin 644 cat.txt\n#0V%T\n`\nend',
				['Content-Transfer-Encoding', 'x-uuencode'],
				attached('cat.txt'),
			),
		]),
		{
			attachments: [{ fileName: 'cat.txt', size: 3, checksum: sha256(Buffer.from('Cat')) }],
		},
	);
	add(
		'apple-double',
		composed(head('Mac'), 'mixed', [
			plain('Body'),
			group('appledouble', 'ad', [
				part('application/applefile; name="f.pdf"', 'fork'),
				pdf(attached('f.pdf')),
			]),
		]),
		{
			attachments: [{ mimeType: 'application/applefile' }, file('f.pdf', 'application/pdf')],
		},
	);
}

function embedded(add: Add): void {
	add(
		'forwarded-as-attachment',
		composed(head('Fwd: see inside'), 'mixed', [
			plain('Please look'),
			part('message/rfc822', forwarded, ['Content-Disposition', 'attachment']),
		]),
		{
			text: 'Please look',
			attachments: [
				{ ...file('The inner subject.eml', 'message/rfc822'), subject: 'The inner subject', role: 'message' },
			],
		},
	);
	add(
		'forwarded-inline',
		composed(head('Fwd: see inside'), 'mixed', [plain('Please look'), part('message/rfc822', forwarded)]),
		{
			text: 'Please look',
			attachments: [{ mimeType: 'message/rfc822', subject: 'The inner subject' }],
		},
	);
	add(
		'forwarded-base64',
		composed(head('Fwd'), 'mixed', [
			plain('x'),
			part('message/rfc822', base64(forwarded), ['Content-Transfer-Encoding', 'base64'], attached('m.eml')),
		]),
		{
			attachments: [{ fileName: 'm.eml', subject: 'The inner subject', size: forwarded.length }],
		},
	);
	add(
		'forwarded-with-same-boundary-inside',
		composed(head('Fwd'), 'mixed', [
			plain('x'),
			part(
				'message/rfc822',
				message(
					[...head('Deep'), ['Content-Type', 'multipart/mixed; boundary=inner']],
					multipart('inner', plain('inside')),
				),
			),
		]),
		{
			text: 'x',
			attachments: [{ subject: 'Deep' }],
		},
	);
	add(
		'digest',
		composed(head('Digest'), 'digest', [
			message([], textMail(head('First'), 'a')),
			message([], textMail(head('Second'), 'b')),
		]),
		{
			attachments: [
				{ mimeType: 'message/rfc822', subject: 'First' },
				{ mimeType: 'message/rfc822', subject: 'Second' },
			],
		},
	);
	add(
		'winmail-dat',
		composed(head('From Outlook'), 'mixed', [
			plain('The text'),
			part(
				'application/ms-tnef; name="winmail.dat"',
				base64(tnef({ text: 'The text', files: [{ name: 'Report.pdf', content: PDF }] })),
				['Content-Transfer-Encoding', 'base64'],
				attached('winmail.dat'),
			),
		]),
		{
			text: 'The text',
			attachments: [{ fileName: 'Report.pdf', size: PDF.length, checksum: sha256(PDF) }],
		},
	);
	add(
		'winmail-dat-with-body',
		composed(head('From Outlook'), 'mixed', [
			part(
				'application/octet-stream; name="winmail.dat"',
				base64(
					tnef({
						text: 'Hidden inside',
						files: [
							{ name: 'a.png', content: PNG },
							{ name: 'b.pdf', content: PDF },
						],
					}),
				),
				['Content-Transfer-Encoding', 'base64'],
				attached('winmail.dat'),
			),
		]),
		{
			text: 'Hidden inside',
			attachments: [{ fileName: 'a.png' }, { fileName: 'b.pdf' }],
		},
	);
	add(
		'winmail-dat-broken',
		composed(head('From Outlook'), 'mixed', [
			plain('x'),
			part('application/ms-tnef', 'this is no TNEF', attached('winmail.dat')),
		]),
		{
			attachments: [{ fileName: 'winmail.dat', mimeType: 'application/ms-tnef' }],
		},
	);
}

function protectedMail(add: Add): void {
	const signature = part(
		'application/pkcs7-signature; name="smime.p7s"',
		base64('signature'),
		['Content-Transfer-Encoding', 'base64'],
		attached('smime.p7s'),
	);
	add(
		'smime-signed',
		composed(
			head('Signed'),
			'signed',
			[plain('Signed text'), signature],
			'; protocol="application/pkcs7-signature"; micalg=sha-256',
		),
		{
			text: 'Signed text',
			protection: { signed: 'smime', encrypted: null },
			attachments: [{ fileName: 'smime.p7s', role: 'signature' }],
		},
	);
	add(
		'pgp-signed',
		composed(
			head('Signed'),
			'signed',
			[plain('Signed text'), part('application/pgp-signature', '-----BEGIN PGP SIGNATURE-----')],
			'; protocol="application/pgp-signature"',
		),
		{
			text: 'Signed text',
			protection: { signed: 'pgp', encrypted: null },
		},
	);
	add(
		'pgp-encrypted',
		composed(
			head('Secret'),
			'encrypted',
			[
				part('application/pgp-encrypted', 'Version: 1'),
				part('application/octet-stream; name="encrypted.asc"', '-----BEGIN PGP MESSAGE-----'),
			],
			'; protocol="application/pgp-encrypted"',
		),
		{
			text: '',
			protection: { signed: null, encrypted: 'pgp' },
		},
	);
	add(
		'pgp-inline',
		textMail(head('Secret'), '-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n'),
		{ protection: { signed: null, encrypted: 'pgp' } },
	);
	const opaque = (kind: string) =>
		message(
			head(
				'S/MIME',
				['Content-Type', `application/pkcs7-mime; smime-type=${kind}; name="smime.p7m"`],
				['Content-Transfer-Encoding', 'base64'],
				attached('smime.p7m'),
			),
			base64('cms'),
		);
	add('smime-encrypted', opaque('enveloped-data'), {
		protection: { signed: null, encrypted: 'smime' },
		attachments: [{ fileName: 'smime.p7m' }],
	});
	add('smime-opaque-signed', opaque('signed-data'), { protection: { signed: 'smime', encrypted: null } });
}
