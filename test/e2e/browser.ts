/** Chromium without a window, driven by the playwright-core that n8n brings along, so that the package needs none. */
import { createRequire } from 'node:module';
import { findProgram } from '../servers';
import { installN8n } from './install';

/** The part of Playwright's interface that is used here. */
export interface Locator {
	first(): Locator;
	click(): Promise<void>;
	fill(text: string): Promise<void>;
	/** Until it is visible. */
	waitFor(): Promise<void>;
}

export interface Page {
	goto(url: string): Promise<unknown>;
	locator(selector: string): Locator;
	evaluate(script: string): Promise<unknown>;
	screenshot(options: {
		path: string;
		clip: { x: number; y: number; width: number; height: number };
	}): Promise<unknown>;
	waitForTimeout(ms: number): Promise<void>;
}

interface Size {
	width: number;
	height: number;
}

interface Browser {
	newPage(options: { viewport: Size }): Promise<Page>;
	close(): Promise<void>;
}

interface Playwright {
	chromium: { launch(options: { executablePath: string; args: string[] }): Promise<Browser> };
}

/** @throws Error when there is no Chromium, or with Playwright's words when it does not start */
export async function openBrowser(viewport: Size): Promise<{ page: Page; close(): Promise<void> }> {
	const executablePath = findProgram('chromium');
	if (!executablePath) throw new Error('There is no program "chromium"');
	const { n8n } = await installN8n();
	const { chromium } = createRequire(n8n)('playwright-core') as Playwright;
	// Chromium's own sandbox does not work for root; it only ever sees n8n on this machine.
	const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
	const browser = await chromium.launch({ executablePath, args });
	return { page: await browser.newPage({ viewport }), close: async () => await browser.close() };
}
