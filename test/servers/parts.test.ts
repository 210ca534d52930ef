import { describeWith, findProgram, howToGet, missingParts, type PartName } from './index';
import type { TestFramework } from './parts';

/** Records what is registered, and runs the bodies of describe at once as jest does. */
function recorder(): TestFramework & { seen: string[]; run: Array<() => void> } {
	const seen: string[] = [];
	const run: Array<() => void> = [];
	return {
		seen,
		run,
		describe: (name, body) => {
			seen.push(`describe ${name}`);
			body();
		},
		test: (name, body) => {
			seen.push(`test ${name}`);
			run.push(body);
		},
		skip: (name) => void seen.push(`skip ${name}`),
		warn: (text) => void seen.push(`warn ${text}`),
	};
}

describe('parts', () => {
	const { PATH, MAILROOM_REQUIRE_ALL } = process.env;

	afterEach(() => {
		process.env.PATH = PATH;
		if (MAILROOM_REQUIRE_ALL === undefined) delete process.env.MAILROOM_REQUIRE_ALL;
		else process.env.MAILROOM_REQUIRE_ALL = MAILROOM_REQUIRE_ALL;
	});

	it('finds a program, also when the PATH is empty', () => {
		process.env.PATH = '';
		expect(findProgram('sh')).toMatch(/^\/.*\/sh$/);
		expect(findProgram('no-such-program')).toBeUndefined();
	});

	it('runs the block when nothing is missing', () => {
		const framework = recorder();
		describeWith([], 'a block', () => framework.seen.push('body'), framework);
		expect(framework.seen).toEqual(['describe a block', 'body']);
	});

	it('says once what is missing and how to get it, and shows a skipped test', () => {
		delete process.env.MAILROOM_REQUIRE_ALL;
		const framework = recorder();
		describeWith(['nothing-like-it' as PartName], 'a block', () => framework.seen.push('body'), framework);
		expect(framework.seen).toEqual([
			'describe a block',
			expect.stringMatching(/^warn Not run: "a block"[^]*nothing-like-it: apt-get install/),
			'skip needs nothing-like-it',
		]);
	});

	it('makes a missing part a failure when all are required', () => {
		process.env.MAILROOM_REQUIRE_ALL = '1';
		const framework = recorder();
		describeWith(['nothing-like-it' as PartName], 'a block', () => undefined, framework);
		expect(framework.seen).toEqual(['describe a block', 'test needs nothing-like-it']);
		expect(framework.run[0]).toThrow(/nothing-like-it: apt-get install/);
	});

	it('knows what the parts need and how each is installed', () => {
		const all: PartName[] = [
			'dovecot',
			'dovecot-lmtp',
			'doveadm',
			'postfix',
			'openssl',
			'redis',
			'postgres',
			'chromium',
		];
		expect(howToGet(all).match(/apt-get install \S+/g)).toHaveLength(all.length);
		expect(howToGet(['root'])).toContain('as root');
		expect(missingParts(['postfix']).every((name) => ['postfix', 'root'].includes(name))).toBe(true);
	});
});
