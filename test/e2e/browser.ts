/** Chromium without a window, driven by the playwright-core that n8n brings along, so that the package needs none. */
import { createRequire } from 'node:module';
import { findProgram } from '../servers';
import { installN8n } from './install';

/** The part of Playwright's interface that is used here. */
export interface Locator {
	locator(selector: string): Locator;
	first(): Locator;
	click(): Promise<void>;
	fill(text: string): Promise<void>;
	press(key: string): Promise<void>;
	count(): Promise<number>;
	innerText(): Promise<string>;
	/** Until it is visible. */
	waitFor(): Promise<void>;
}

export interface Page {
	goto(url: string): Promise<unknown>;
	locator(selector: string): Locator;
	evaluate(script: string): Promise<unknown>;
	screenshot(options: {
		path: string;
		clip?: { x: number; y: number; width: number; height: number };
	}): Promise<unknown>;
	waitForTimeout(ms: number): Promise<void>;
	/** The window that the page opens next. */
	waitForEvent(event: 'popup'): Promise<Page>;
	isClosed(): boolean;
}

interface Size {
	width: number;
	height: number;
}

interface Browser {
	newPage(options: { viewport: Size; ignoreHTTPSErrors: boolean }): Promise<Page>;
	close(): Promise<void>;
}

interface Playwright {
	chromium: { launch(options: { executablePath: string; args: string[] }): Promise<Browser> };
}

/**
 * It reaches this machine only.
 *
 * @param hosts other names that it may ask for: name → address with port, where any certificate will do
 * @throws Error when there is no Chromium, or with Playwright's words when it does not start
 */
export async function openBrowser(
	viewport: Size,
	hosts: Record<string, string> = {},
): Promise<{ page: Page; close(): Promise<void> }> {
	const executablePath = findProgram('chromium');
	if (!executablePath) throw new Error('There is no program "chromium"');
	const { n8n } = await installN8n();
	const { chromium } = createRequire(n8n)('playwright-core') as Playwright;
	// Chromium's own sandbox does not work for root; it only ever sees n8n on this machine.
	const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
	const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name} ${address}`);
	args.push(`--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(', ')}`);
	const browser = await chromium.launch({ executablePath, args });
	const page = await browser.newPage({ viewport, ignoreHTTPSErrors: true });
	return { page, close: async () => await browser.close() };
}
