/** HTML as editors of newsletters and mail programs write it: what its styles hide, and what they only seem to hide. */
import { head, htmlMail, type Case } from './build';

const STYLED: readonly [name: string, html: string, text: string][] = [
	['size-of-1em', '<p style="font-size:1em">Seen</p>', 'Seen'],
	[
		'size-of-less-than-1em',
		'<p style="font-size: 0.9em;">Seen</p><p style="font-size:.8rem">Too</p>',
		'Seen\n\nToo',
	],
	['size-of-1px', '<p style="font-size:1px;">Hidden</p><p>Seen</p>', 'Seen'],
	[
		'size-share-of-nothing',
		'<div style="font-size:0"><p style="font-size:100%">Hidden</p></div><p>Seen</p>',
		'Seen',
	],
	[
		'mjml',
		'<body><div style="display:none;font-size:1px;max-height:0px;overflow:hidden;">Preview</div><table><tr><td style="direction:ltr;font-size:0px;padding:20px 0;text-align:center;"><div class="mj-column-per-100" style="font-size:0px;text-align:left;display:inline-block;"><table><tr><td style="font-size:0px;padding:10px 25px;"><div style="font-family:Ubuntu;font-size:13px;line-height:1;color:#000000;">Hello</div></td></tr><tr><td style="font-size:0px;"><a href="https://x.example/go" style="background:#414141;color:#ffffff;font-size:13px;">Press me</a></td></tr></table></div></td></tr></table></body>',
		'Hello\nPress me [https://x.example/go]',
	],
	[
		'button-not-for-outlook',
		'<!--[if mso]><v:roundrect href="https://x.example/reset">Reset</v:roundrect><![endif]--><a href="https://x.example/reset" style="background-color:#556270;color:#ffffff;mso-hide:all;">Reset password</a>',
		'Reset password [https://x.example/reset]',
	],
	[
		'cell-cut-short',
		'<table><tr><td style="max-width:0;overflow:hidden;text-overflow:ellipsis">Seen</td></tr></table>',
		'Seen',
	],
	[
		'least-width',
		'<table style="width:0;min-width:100%;overflow:hidden"><tr><td>Seen</td></tr></table>',
		'Seen',
	],
	['no-height', '<div style="max-height:0;max-width:0;overflow:hidden">Hidden</div><p>Seen</p>', 'Seen'],
	['white-on-black-body', '<body bgcolor="#000000" text="#FFFFFF">Seen</body>', 'Seen'],
	['style-sheet-of-body', '<style>body{background:#000;color:#fff}</style><body><p>Seen</p></body>', 'Seen'],
	[
		'style-sheet-background',
		'<style>.header{background:#003366}</style><table><tr><td class="header"><span style="color:#ffffff">Title</span></td></tr></table>',
		'Title',
	],
	[
		'style-sheet-color',
		'<style>td.foot{color:#fff} .hero h1{color:#fff}</style><table bgcolor="#000000"><tr><td class="foot">Foot</td></tr><tr><td class="hero"><h1>Title</h1></td></tr></table>',
		'Foot\nTitle',
	],
	['style-sheet-white-on-white', '<style>.x{color:#fff}</style><p class="x">Hidden</p><p>Seen</p>', 'Seen'],
	[
		'link-on-black',
		'<table bgcolor="#000000"><tr><td><a href="https://x.example">Link</a></td></tr></table>',
		'Link [https://x.example]',
	],
	[
		'transparent-background',
		'<span style="color: rgb(0, 0, 0); background-color: rgba(0, 0, 0, 0);">Pasted</span>',
		'Pasted',
	],
	[
		'transparent-text',
		'<div style="color:transparent">Hidden<span style="color:#333">Seen</span></div>',
		'Seen',
	],
	['nearly-white-on-white', '<p style="color:#fefefe">Hidden</p><p>Seen</p>', 'Seen'],
	['head-without-end', '<html><head><meta charset="utf-8"><style>p{}</style><p>Seen</p>', 'Seen'],
	['office-settings', '<xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><p>Seen</p>', 'Seen'],
	['paragraphs-in-items', '<ul><li><p>a</p></li><li><p>b</p><p>c</p></li></ul>', '- a\n\n- b\n\nc'],
	[
		'link-around-blocks',
		'<a href="https://x.example/a"><div>One</div><div>Two</div></a>End',
		'One\nTwo [https://x.example/a]\nEnd',
	],
	[
		'filler-after-preview',
		'<div>Hi&zwnj;&nbsp;&zwnj;&nbsp;</div><div>&#847;&zwnj;&nbsp;&zwnj;</div><p>می‌خواهم</p>',
		'Hi\n\nمی‌خواهم',
	],
];

export function styledHtml(): Case[] {
	return STYLED.map(([name, html, text]) => ({
		name: `styled/${name}`,
		source: htmlMail(head('Styled'), html),
		expected: { text, textSource: 'html' },
	}));
}
