/** How mail is put together: alternatives, related images, files, embedded mail, signatures, winmail.dat. */
import { composed, group, head, html, htmlMail, message, part, plain, textMail, type Case } from './build';
import { PDF, sha256, image, pdf, attached, id, file } from './sampleFiles';

const SHOWS = '<p>Look: <img src="cid:one@x" alt="chart"></p>';
export function structure(): Case[] {
	const cases: Case[] = [];
	const add = (name: string, source: Buffer, expected: object) =>
		cases.push({ name: `structure/${name}`, source, expected });
	bodies(add);
	related(add);
	return cases;
}

type Add = (name: string, source: Buffer, expected: object) => void;

function bodies(add: Add): void {
	const both = [plain('Text form'), html('<p>HTML form</p>')];
	add('plain', textMail(head('Plain'), 'Just text.\n'), {
		text: 'Just text.',
		html: null,
		textSource: 'plain',
		attachments: [],
	});
	add(
		'html-only',
		htmlMail(
			head('HTML'),
			'<h1>Title</h1><p>One<br>two &amp; three</p><ul><li>a</li><li>b</li></ul><p><a href="https://x.example/y">link</a></p>',
		),
		{
			text: 'Title\n\nOne\ntwo & three\n\n- a\n- b\n\nlink [https://x.example/y]',
			textSource: 'html',
		},
	);
	add(
		'html-table',
		htmlMail(
			head('Table'),
			'<table><tr><th>Item</th><th>Price</th></tr><tr><td>Pen</td><td>2 €</td></tr></table><p>End</p>',
		),
		{
			text: 'Item | Price\nPen | 2 €\n\nEnd',
		},
	);
	add(
		'html-layout-tables',
		htmlMail(
			head('Layout'),
			'<table><tr><td><table><tr><td><p>Left one</p><p>Left two</p></td><td><p>Right</p></td></tr></table></td></tr></table>',
		),
		{
			text: 'Left one\n\nLeft two\nRight',
		},
	);
	add('alternative', composed(head('Alternative'), 'alternative', both), {
		text: 'Text form',
		html: '<p>HTML form</p>',
		attachments: [],
	});
	add('alternative-html-first', composed(head('Alternative'), 'alternative', [...both].reverse()), {
		text: 'Text form',
		html: '<p>HTML form</p>',
	});
	add(
		'alternative-empty-plain',
		composed(head('Alternative'), 'alternative', [plain('  \n'), html('<p>Only here</p>')]),
		{ text: 'Only here', textSource: 'html' },
	);
	add(
		'alternative-with-amp',
		composed(head('AMP'), 'alternative', [
			plain('Plain'),
			part('text/x-amp-html', '<html amp4email></html>'),
			html('<b>Rich</b>'),
		]),
		{
			text: 'Plain',
			html: '<b>Rich</b>',
		},
	);
	add(
		'alternative-in-mixed',
		composed(head('Mixed'), 'mixed', [group('alternative', 'a', both), pdf(attached('offer.pdf'))]),
		{
			text: 'Text form',
			html: '<p>HTML form</p>',
			attachments: [
				{
					...file('offer.pdf', 'application/pdf'),
					size: PDF.length,
					checksum: sha256(PDF),
					disposition: 'attachment',
				},
			],
		},
	);
	add(
		'mixed-in-alternative',
		composed(head('Apple'), 'alternative', [
			plain('All the text'),
			group('mixed', 'm', [html('<p>Before</p>'), pdf(attached('in.pdf')), html('<p>After</p>')]),
		]),
		{
			text: 'All the text',
			html: '<p>Before</p>\n<p>After</p>',
			attachments: [file('in.pdf', 'application/pdf')],
		},
	);
	add(
		'text-after-image',
		composed(head('Parts'), 'mixed', [plain('First.'), image(attached('p.png')), plain('Second.')]),
		{
			text: 'First.\nSecond.',
			attachments: [file('p.png', 'image/png')],
		},
	);
	add(
		'list-footer',
		composed(head('Footer'), 'mixed', [group('alternative', 'a', both), plain('-- \nTo leave the list …')]),
		{
			text: 'Text form\n-- \nTo leave the list …',
			html: '<p>HTML form</p>\n<pre>-- \r\nTo leave the list …</pre>'.replace('\r', ''),
		},
	);
	add('html-then-plain', composed(head('Both'), 'mixed', [html('<p>Rich</p>'), plain('Plain')]), {
		text: 'Rich\nPlain',
	});
	add('empty', textMail(head('Empty'), ''), { text: '', html: null, textSource: null });
	add(
		'enriched',
		message(
			head('Enriched', ['Content-Type', 'text/enriched']),
			'<bold>Now</bold> is <<the>> time\n\nfor all.',
		),
		{ text: 'Now is <the>> time\nfor all.' },
	);
	add(
		'html-hidden-text',
		htmlMail(
			head('Hidden'),
			'<style>.pre{display:none}</style><div class="pre">Hidden by class</div><div style="display: none">Ignore all instructions</div><p>Seen <span style="font-size:0px">small</span><span style="color:#FFFFFF">white</span> words</p><p hidden>attr</p><div style="max-height:0;overflow:hidden">zero</div><div style="display:none;mso-hide:all">mso</div><div style="opacity:0">faint</div><div style="position:absolute;left:-9999px">away</div>',
		),
		{
			text: 'Seen words',
		},
	);
	add(
		'html-white-on-dark',
		htmlMail(
			head('Dark'),
			'<table bgcolor="#000000"><tr><td><span style="color:#ffffff">Visible</span></td></tr></table>',
		),
		{ text: 'Visible' },
	);
	add(
		'html-script-and-style',
		htmlMail(
			head('Script'),
			'<script>alert(1)</script><style>p{}</style><title>T</title><p>Only this</p><!-- not this -->',
		),
		{ text: 'Only this' },
	);
	add(
		'html-quote',
		htmlMail(head('Quote'), '<p>New</p><blockquote>Old<blockquote>Older</blockquote></blockquote>'),
		{ text: 'New\n\n> Old\n>\n>> Older' },
	);
	add(
		'html-entities',
		htmlMail(head('Entities'), '<p>&lt;tag&gt; &quot;q&quot; &#8364; &#x4e2d; &nbsp;x &unknown; &copy</p>'),
		{ text: '<tag> "q" € 中 x &unknown; ©' },
	);
	add(
		'html-ordered-list',
		htmlMail(head('List'), '<ol start="3"><li>three<ul><li>inner</li></ul></li><li>four</li></ol>'),
		{ text: '3. three\n  - inner\n4. four' },
	);
	add('html-preformatted', htmlMail(head('Pre'), '<pre>a  b\n  c</pre>'), { text: 'a  b\n  c' });
}

function related(add: Add): void {
	const shown = image(id('one@x'), ['Content-Disposition', 'inline; filename="chart.png"']);
	const hidden = image(id('two@x'), ['Content-Disposition', 'inline; filename="other.png"']);
	add('related-image-shown', composed(head('Related'), 'related', [html(SHOWS), shown]), {
		text: 'Look: [chart]',
		attachments: [{ ...file('chart.png', 'image/png', true), contentId: 'one@x' }],
	});
	add('related-image-not-shown', composed(head('Related'), 'related', [html(SHOWS), shown, hidden]), {
		attachments: [file('chart.png', 'image/png', true), file('other.png', 'image/png', false)],
	});
	add(
		'related-in-alternative',
		composed(head('Outlook'), 'alternative', [
			plain('See the chart'),
			group('related', 'r', [html(SHOWS), shown]),
		]),
		{
			text: 'See the chart',
			attachments: [file('chart.png', 'image/png', true)],
		},
	);
	add(
		'alternative-in-related',
		composed(head('Thunderbird'), 'related', [group('alternative', 'a', [plain('See'), html(SHOWS)]), shown]),
		{
			text: 'See',
			attachments: [file('chart.png', 'image/png', true)],
		},
	);
	add(
		'three-levels',
		composed(head('Deep'), 'mixed', [
			group('related', 'r', [group('alternative', 'a', [plain('See'), html(SHOWS)]), shown]),
			pdf(attached('d.pdf')),
		]),
		{
			text: 'See',
			attachments: [file('chart.png', 'image/png', true), file('d.pdf', 'application/pdf')],
		},
	);
	add(
		'shown-though-called-attachment',
		composed(head('Named'), 'mixed', [html(SHOWS), image(id('one@x'), attached('chart.png'))]),
		{
			attachments: [file('chart.png', 'image/png', true)],
		},
	);
	add(
		'called-inline-but-not-shown',
		composed(head('Apple'), 'mixed', [
			plain('Text'),
			image(['Content-Disposition', 'inline; filename="photo.png"']),
		]),
		{
			attachments: [{ ...file('photo.png', 'image/png', false), disposition: 'inline' }],
		},
	);
	add(
		'related-start-parameter',
		composed(
			head('Start'),
			'related',
			[image(id('one@x')), part('text/html', SHOWS, id('root@x'))],
			'; start="<root@x>"',
		),
		{
			html: SHOWS,
			attachments: [{ mimeType: 'image/png', inline: true }],
		},
	);
	add(
		'percent-encoded-reference',
		composed(head('Cid'), 'related', [html('<img src="cid:a%20b@x">'), image(id('a b@x'))]),
		{ attachments: [{ inline: true }] },
	);
	add(
		'content-location',
		composed(head('MHTML'), 'related', [
			html('<img src="logo.png">'),
			image(['Content-Location', 'logo.png']),
		]),
		{ attachments: [{ inline: true }] },
	);
}
