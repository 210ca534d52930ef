/** The editor of a real n8n as a person uses it: logs in, fills in credentials, signs in at a provider. */
import type { Locator, Page } from './browser';
import { OWNER } from './realN8n';

/** For panels that slide in, and messages that fade out. */
const SETTLE_MS = 1_500;
/** A test of a credential may take 14 s; saving and signing in take less. */
const ANSWER_MS = 25_000;
const POLL_MS = 100;

const FIELD = '[data-test-id^="parameter-input"]';
const FORM = '[data-test-id="editCredential-modal"]';

/** Name of a field → text to type, the label of an option, or a switch turned on. */
export type FieldValues = Record<string, string | number | true | { choose: string }>;

const CONNECTED = '[data-test-id="oauth-connect-success-banner"]:visible';
const NOT_CONNECTED = '[data-test-id="oauth-not-connected-banner"]:visible';
/** Below the words that a test has failed. */
const DETAILS = `${FORM} :text-is("More details"):visible`;

export class Editor {
	constructor(
		readonly page: Page,
		private readonly url: () => string,
	) {}

	async logIn(): Promise<void> {
		await this.page.goto(`${this.url()}/signin`);
		await this.page.locator('input[name="emailOrLdapLoginId"]').fill(OWNER.email);
		await this.page.locator('input[name="password"]').fill(OWNER.password);
		await this.page.locator('[data-test-id="form-submit-button"]').click();
		await this.page.waitForTimeout(SETTLE_MS);
	}

	/** Opens an empty form. @param type as it is shown in the list of types */
	async newCredential(type: string): Promise<void> {
		await this.page.goto(`${this.url()}/home/credentials/create`);
		await this.page.locator('[data-test-id="new-credential-type-select"] input').fill(type);
		await this.chooseOption(type);
		await this.page.locator('[data-test-id="new-credential-type-button"]').click();
		await this.page.locator(FORM).waitFor();
	}

	/** Opens the form of a stored credential. */
	async openCredential(id: string): Promise<void> {
		await this.page.goto(`${this.url()}/home/credentials/${id}`);
		await this.page.locator(FORM).waitFor();
		await this.page.locator(FIELD).first().waitFor();
	}

	async fill(values: FieldValues): Promise<void> {
		for (const [name, value] of Object.entries(values)) {
			const field = this.field(name);
			if (value === true) await field.locator('.el-switch').first().click();
			else if (typeof value === 'object') {
				await field.locator('.el-select').first().click();
				await this.chooseOption(value.choose);
			} else await field.locator('input, textarea').first().fill(String(value));
		}
	}

	async save(): Promise<void> {
		await this.page.locator('[data-test-id="credential-save-button"] button').first().click();
	}

	/** Waits until the form is saved. */
	async saved(): Promise<void> {
		await this.page.locator('[data-test-id="credential-delete-button"]').first().waitFor();
	}

	/** Whether the button that signs in is offered. */
	async canSignIn(): Promise<boolean> {
		return (await this.page.locator(NOT_CONNECTED).count()) > 0;
	}

	/** Clicks the button that signs in (and saves), and gives consent in the provider's window, which closes by itself. */
	async signIn(person: string): Promise<void> {
		const opened = this.page.waitForEvent('popup');
		const isConnected = (await this.page.locator(CONNECTED).count()) > 0;
		const button = isConnected ? 'oauth-switch-account-button' : 'quick-connect-button';
		await this.page.locator(`[data-test-id="${button}"]:visible`).first().click();
		const popup = await opened;
		await popup.locator('#account').fill(person);
		await popup.locator('#allow').click();
		await this.until('end of the sign-in', () => popup.isClosed());
		await this.page.locator(CONNECTED).waitFor();
	}

	/** Waits until the test that runs on saving has failed with these words. @returns all that can be read then */
	async failure(words: RegExp): Promise<string> {
		let text = '';
		await this.until(`text like ${String(words)}`, async () => {
			const details = this.page.locator(DETAILS);
			if ((await details.count()) > 0) await details.first().click();
			text = await this.page.locator(FORM).innerText();
			return words.test(text);
		});
		return text;
	}

	async isShown(name: string): Promise<boolean> {
		return (await this.field(name).count()) > 0;
	}

	/** A picture of the form, without messages above it. */
	async picture(path: string): Promise<void> {
		await this.page.evaluate(
			"document.querySelectorAll('.el-notification__closeBtn').forEach((button) => button.click())",
		);
		await this.page.waitForTimeout(SETTLE_MS);
		const box = (await this.page.evaluate(`(() => {
			const { x, y, width, height } = document.querySelector('${FORM}').getBoundingClientRect();
			return { x, y, width, height: Math.min(height, innerHeight - y) };
		})()`)) as { x: number; y: number; width: number; height: number };
		await this.page.screenshot({ path, clip: box });
	}

	private field(name: string): Locator {
		return this.page.locator(`[data-test-id="parameter-input-${name}"]`).first();
	}

	private async chooseOption(label: string): Promise<void> {
		await this.page.locator(`.el-select-dropdown__item:visible:has-text("${label}")`).first().click();
	}

	private async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
		for (const end = Date.now() + ANSWER_MS; !(await holds()); await this.page.waitForTimeout(POLL_MS))
			if (Date.now() > end) throw new Error(`The editor: no ${what} within ${ANSWER_MS} ms`);
	}
}
