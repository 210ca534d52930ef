/**
 * `npx tsx test/e2e/look.ts`: opens the editor of a real n8n in Chromium and takes a picture of every form that a person
 * fills in: the trigger, Send Mail, IMAP, the credential. For eyes, not for a verdict. Arguments are words of picture names to
 * take only those; `--tarball=<file>` shows that package.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INodeProperties } from 'n8n-workflow';
import { properties as imapProperties } from '../../nodes/Imap/description';
import { RESOURCES } from '../../nodes/Imap/operations';
import { properties as triggerProperties } from '../../nodes/ImapTrigger/description';
import { properties as sendProperties } from '../../nodes/SendMail/description';
import { howToGet, missingParts, startEmbeddedServers, type EmbeddedServers } from '../servers';
import { openBrowser, type Page } from './browser';
import { temporaryFolder } from './cleanup';
import { Editor } from './editor';
import { packPackage } from './packPackage';
import { startN8n, type RealN8n } from './realN8n';
import {
	chain,
	CREDENTIAL_TYPE,
	imap,
	imapTrigger,
	manualTrigger,
	sendMail,
	type CredentialRef,
} from './workflows';

const USER = { user: 'shop@mailroom.example', password: 'shop' };
/** High enough for every form unrolled, so that one picture holds it. */
const VIEW = { width: 1500, height: 3200 };
/** For panels that slide in, and lists that are read from the mail server. */
const SETTLE_MS = 1_500;

/** A field of a node or of a credential. */
const FIELD = '[data-test-id^="parameter-input"]';
/** Beside the fields, in pixels. */
const MARGIN = 40;
/** Below the last field: empty lists of options, buttons. */
const BELOW = 350;

type Parameters = Record<string, unknown>;

/** Every optional field of these properties, with its default, so that the editor shows it. */
function everyOption(properties: INodeProperties[]): Parameters {
	const all: Parameters = {};
	for (const { name, type, options = [], typeOptions } of properties) {
		if (type === 'collection') all[name] = everyDefault(options as INodeProperties[]);
		if (type === 'fixedCollection') {
			const groups = options as Array<{ name: string; values: INodeProperties[] }>;
			const entry = (values: INodeProperties[]) =>
				typeOptions?.multipleValues ? [everyDefault(values)] : everyDefault(values);
			all[name] = Object.fromEntries(groups.map((group) => [group.name, entry(group.values)]));
		}
	}
	return all;
}

function everyDefault(properties: INodeProperties[]): Parameters {
	const plain = properties.map((property): [string, unknown] => [property.name, property.default]);
	return { ...Object.fromEntries(plain), ...everyOption(properties) };
}

/** Pictures of nodes: name → the node's parameters. */
const TRIGGERS: Record<string, Parameters> = {
	'trigger defaults': {},
	'trigger everything': { ...everyOption(triggerProperties), startFrom: 'date' },
	'trigger at once': { ...everyOption(triggerProperties), acknowledge: 'started' },
	'trigger ended': { acknowledge: 'ended' },
	'trigger n8n imap': { authentication: 'imap' },
};

function sendPictures(): Record<string, Parameters> {
	const pictures: Record<string, Parameters> = {};
	for (const operation of ['send', 'reply', 'forward', 'saveDraft']) {
		const shown = sendProperties.filter(({ displayOptions }) =>
			displayOptions?.show?.['operation']?.includes(operation),
		);
		pictures[`send mail ${operation} defaults`] = { operation };
		pictures[`send mail ${operation} everything`] = { operation, ...everyOption(shown) };
	}
	pictures['send mail n8n smtp'] = { authentication: 'smtp' };
	return pictures;
}

function imapPictures(): Record<string, Parameters> {
	const pictures: Record<string, Parameters> = {};
	for (const { option, operations } of RESOURCES) {
		for (const { option: one } of operations) {
			const shown = imapProperties.filter(
				({ displayOptions }) =>
					displayOptions?.show?.['resource']?.includes(option.value) &&
					displayOptions.show['operation']?.includes(one.value),
			);
			const chosen = { resource: option.value, operation: one.value };
			pictures[`imap ${option.value} ${one.value} defaults`] = chosen;
			pictures[`imap ${option.value} ${one.value} everything`] = { ...chosen, ...everyOption(shown) };
		}
	}
	return pictures;
}

/** Pictures of credentials: name → changed fields, and the type if it is another. */
const CREDENTIALS: Record<string, { data: Parameters; type?: string }> = {
	'credential custom': { data: {} },
	'credential insecure': { data: { ignoreSslIssues: true, imapSecurity: 'none', smtpSecurity: 'none' } },
	'credential google': { data: {}, type: 'mailAccountGoogleOAuth2Api' },
	'credential microsoft user': {
		data: { provider: 'microsoft365' },
		type: 'mailAccountMicrosoftOAuth2Api',
	},
	'credential microsoft application': {
		data: { provider: 'microsoft365', grantType: 'clientCredentials' },
		type: 'mailAccountMicrosoftOAuth2Api',
	},
	'credential other oauth2': { data: {}, type: 'mailAccountOAuth2Api' },
};

async function main(): Promise<void> {
	const missing = missingParts(['chromium']);
	if (missing.length > 0) throw new Error(`There is no browser to look with:\n${howToGet(missing)}`);
	const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
	const wanted = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
	const tarball = process.argv.find((each) => each.startsWith('--tarball='))?.slice('--tarball='.length);
	const pictures = mkdtempSync(join(tmpdir(), 'mailroom-pictures-'));
	const servers = await startEmbeddedServers({ users: [USER] });
	let n8n: RealN8n | undefined;
	try {
		const authority = join(temporaryFolder('ca'), 'ca.pem');
		writeFileSync(authority, servers.ca);
		const packageTarball = tarball ?? (await packPackage());
		n8n = await startN8n({ packageTarball, env: { NODE_EXTRA_CA_CERTS: authority } });
		const browser = await openBrowser(VIEW);
		try {
			const { url } = n8n;
			await new Editor(browser.page, () => url).logIn();
			const save = async (name: string, path: string, open?: (page: Page) => Promise<void>) => {
				if (!wanted(name)) return;
				await browser.page.goto(`${n8n?.url}${path}`);
				await browser.page.locator(FIELD).first().waitFor();
				await browser.page.waitForTimeout(SETTLE_MS);
				await open?.(browser.page);
				const file = join(pictures, `${name.replaceAll(' ', '-')}.png`);
				await browser.page.screenshot({ path: file, clip: await formOn(browser.page) });
				console.log(file);
			};
			await lookAtAll(n8n, servers, save);
		} finally {
			await browser.close();
		}
	} finally {
		await n8n?.stop();
		await servers.stop();
	}
}

/** The part of the window that holds the form, to the end of its last field. */
async function formOn(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
	const [left, bottom, right] = (await page.evaluate(`(() => {
		const all = [...document.querySelectorAll('${FIELD}')].map((field) => field.getBoundingClientRect());
		const boxes = all.filter((box) => box.width > 0);
		const most = (side) => Math.max(...boxes.map((box) => box[side]));
		return [Math.min(...boxes.map((box) => box.left)), most('bottom'), most('right')];
	})()`)) as [number, number, number];
	const height = Math.min(VIEW.height, bottom + BELOW);
	return { x: Math.max(0, left - MARGIN), y: 0, width: right - left + 2 * MARGIN, height };
}

type Save = (name: string, path: string, open?: (page: Page) => Promise<void>) => Promise<void>;

async function lookAtAll({ rest }: RealN8n, servers: EmbeddedServers, save: Save): Promise<void> {
	const fields = {
		...{ provider: 'custom', ...USER, imapHost: servers.host, imapPort: servers.ports.imaps },
		...{
			imapSecurity: 'tls',
			smtpHost: servers.host,
			smtpPort: servers.ports.smtp,
			smtpSecurity: 'starttls',
		},
	};
	const store = async (name: string, data: Parameters, type = CREDENTIAL_TYPE): Promise<CredentialRef> =>
		await rest.createCredential({ name, type, data });
	const shop = await store('Shop', fields);
	for (const [name, parameters] of Object.entries(TRIGGERS)) {
		const trigger = imapTrigger(shop, parameters);
		const { id } = await rest.createWorkflow(chain(name, [trigger]));
		await save(name, `/workflow/${id}/${trigger.id}`);
		if (name !== 'trigger defaults') continue;
		await save('trigger credential select', `/workflow/${id}/${trigger.id}`, async (page) => {
			await page.locator('[data-test-id="node-credentials-select"]').first().click();
			await page.waitForTimeout(SETTLE_MS);
		});
		await save('trigger mailboxes', `/workflow/${id}/${trigger.id}`, async (page) => {
			await page.locator('[data-test-id="parameter-input-mailboxes"] .el-select__input').first().click();
			await page.waitForTimeout(SETTLE_MS);
		});
	}
	for (const [name, parameters] of Object.entries(sendPictures())) {
		const send = sendMail(shop, parameters);
		const { id } = await rest.createWorkflow(chain(name, [manualTrigger(), send]));
		await save(name, `/workflow/${id}/${send.id}`);
	}
	for (const [name, parameters] of Object.entries(imapPictures())) {
		const acting = imap(shop, parameters);
		const { id } = await rest.createWorkflow(chain(name, [manualTrigger(), acting]));
		await save(name, `/workflow/${id}/${acting.id}`);
	}
	for (const [name, { data, type }] of Object.entries(CREDENTIALS)) {
		const { id } = await store(name, { ...fields, ...data }, type);
		await save(name, `/home/credentials/${id}`, unroll);
	}
	// Chosen in the form and not saved: the editor tests what is saved, and that would go out to the provider.
	await save('credential gmail', `/home/credentials/${shop.id}`, async (page) => {
		await page.locator('[data-test-id="parameter-input-provider"] .el-select').first().click();
		await page.locator('.el-select-dropdown__item:has-text("Gmail")').first().click();
		await unroll(page);
	});
}

/** A dialog scrolls; here it grows. */
async function unroll(page: Page): Promise<void> {
	await page.evaluate(`(() => {
		let box = document.querySelector('${FIELD}');
		for (; box && box !== document.body; box = box.parentElement)
			Object.assign(box.style, { maxHeight: 'none', height: 'auto', overflow: 'visible' });
	})()`);
	await page.waitForTimeout(SETTLE_MS);
}

main().catch((error: Error) => {
	console.error(error.stack);
	process.exitCode = 1;
});
