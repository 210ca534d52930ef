/**
 * n8n's own two plugins with the rules of its profile for packages that open sockets themselves ("without cloud
 * support"), typescript-eslint with the rules that find real faults in asynchronous code, and the house's own
 * arrows (eslint.arrows.mjs). Every rule that is off says why.
 */
import js from '@eslint/js';
import { n8nCommunityNodesPlugin as community } from '@n8n/eslint-plugin-community-nodes';
import nodesBase from 'eslint-plugin-n8n-nodes-base';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import mailroom from './eslint.arrows.mjs';

const MAX_LINES = 300;
const MAX_LINES_OF_A_TEST = 500;

const PACKAGE = ['nodes/**/*.ts', 'credentials/**/*.ts'];
/** Whatever describes itself to n8n; the mail core knows nothing of n8n, so its rules have nothing to say there. */
const N8N_SIDE = ['nodes/**/*.ts'];
const MAIL_CORE = ['nodes/mail/**/*.ts'];

const communityRules = community.configs.recommendedWithoutN8nCloudSupport.rules;

export default defineConfig(
	globalIgnores(['dist', '.dist-*', 'coverage', 'node_modules']),
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },

	{
		files: ['**/*.ts'],
		extends: [js.configs.recommended, tseslint.configs.strict],
		languageOptions: {
			parserOptions: { project: ['test/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
		},
		rules: {
			'@typescript-eslint/no-floating-promises': 'error',
			'@typescript-eslint/no-misused-promises': 'error',
			'@typescript-eslint/await-thenable': 'error',
			'@typescript-eslint/only-throw-error': 'error',
			'@typescript-eslint/prefer-promise-reject-errors': 'error',
			'@typescript-eslint/switch-exhaustiveness-check': [
				'error',
				{ considerDefaultExhaustiveForUnions: true },
			],
			'@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
			'@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'@typescript-eslint/no-dynamic-delete': 'off', // A record of headers or recipients is a plain object on purpose.
			'no-control-regex': 'off', // Mail is full of CR, LF and NUL; a pattern that looks for them is meant.
		},
	},

	{
		files: PACKAGE,
		plugins: { mailroom },
		rules: {
			'mailroom/arrows': 'error',
			'max-lines': ['error', MAX_LINES],
			'no-console': 'error',
			'no-restricted-properties': [
				'error',
				{ object: 'process', property: 'env', message: 'The package does not read the environment.' },
			],
			'no-restricted-syntax': [
				'error',
				{
					selector: "MemberExpression[property.name='env'] > MemberExpression[property.name='process']",
					message: 'The package does not read the environment.',
				},
				{
					selector: "MemberExpression[property.name='getBuiltinModule']",
					message: 'Import the module, so that the arrows can be checked.',
				},
			],
		},
	},

	{
		files: PACKAGE,
		plugins: { '@n8n/community-nodes': community },
		rules: {
			...communityRules,
			// `authentication` offers n8n's own smtp and imap credentials too, so that people need not type them again.
			// `npm run pack:check` knows those two by name and refuses any other that is not ours.
			'@n8n/community-nodes/no-credential-reuse': 'off',
			'@n8n/community-nodes/valid-credential-references': 'off',
			// It reads the node's class only, where a description made of parts is not written out. `npm run pack:check` asks
			// the loaded package instead, and finds a test that is named but missing too.
			'@n8n/community-nodes/credential-test-required': 'off',
		},
	},
	{
		files: [...MAIL_CORE, 'nodes/bridge/**/*.ts'],
		rules: {
			// The core knows nothing of n8n: it throws MailError, and so does what feeds it. One place in bridge/ translates
			// that into n8n's errors.
			'@n8n/community-nodes/require-node-api-error': 'off',
		},
	},

	{
		files: N8N_SIDE,
		ignores: MAIL_CORE,
		plugins: { 'n8n-nodes-base': nodesBase },
		rules: {
			...nodesBase.configs.nodes.rules,
			// n8n's own smtp and imap credentials again, which have no such suffix.
			'n8n-nodes-base/node-class-description-credentials-name-unsuffixed': 'off',
			// These see neither a description in a file of its own nor what is computed. test/package/descriptions.test.ts
			// switches them on for the finished description.
			'@n8n/community-nodes/icon-validation': 'off',
			'n8n-nodes-base/node-filename-against-convention': 'off',
			'n8n-nodes-base/node-param-default-missing': 'off',
			// n8n's own profile has these three off: they do not know NodeConnectionTypes, nor limits that are real.
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
			// They demand one fixed label and text ("… Name or ID") for every list that is loaded from a server. A mailbox
			// has no id, and the text sends people to the expression editor, which is not what they need.
			'n8n-nodes-base/node-param-display-name-wrong-for-dynamic-options': 'off',
			'n8n-nodes-base/node-param-display-name-wrong-for-dynamic-multi-options': 'off',
			'n8n-nodes-base/node-param-description-wrong-for-dynamic-options': 'off',
			'n8n-nodes-base/node-param-description-wrong-for-dynamic-multi-options': 'off',
		},
	},
	{
		files: ['credentials/**/*.ts'],
		plugins: { 'n8n-nodes-base': nodesBase },
		rules: {
			...nodesBase.configs.credentials.rules,
			// n8n's own profile has these two off: they want a page inside n8n's documentation, and know `password` by name only.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
			// People know it as a mail account; "Mail Account API" would name something that does not exist.
			'n8n-nodes-base/cred-class-field-display-name-missing-api': 'off',
			// "Mail Account (Google)" stands in one list with "Mail Account"; how one signs in is seen on the next screen.
			'n8n-nodes-base/cred-class-field-display-name-missing-oauth2': 'off',
			'@n8n/community-nodes/cred-class-oauth2-naming': 'off',
		},
	},
	{
		files: ['package.json'],
		plugins: { '@n8n/community-nodes': community, 'n8n-nodes-base': nodesBase },
		languageOptions: { parser: tseslint.parser, parserOptions: { extraFileExtensions: ['.json'] } },
		rules: {
			...communityRules,
			...nodesBase.configs.community.rules,
			// SMTP and IMAP need sockets, and the package is not meant for verification (README says so), so the three mail
			// libraries are plain, exactly pinned dependencies that people can see and audit.
			'@n8n/community-nodes/no-runtime-dependencies': 'off',
		},
	},

	{
		files: ['test/**/*.ts'],
		rules: {
			'max-lines': ['error', MAX_LINES_OF_A_TEST],
			'@typescript-eslint/no-non-null-assertion': 'off', // In a test the failure that follows is the message.
		},
	},
	{
		files: ['**/*.{js,mjs,cjs}'],
		extends: [js.configs.recommended],
		languageOptions: {
			globals: {
				console: 'readonly',
				process: 'readonly',
				require: 'readonly',
				module: 'writable',
				exports: 'writable',
			},
		},
	},
);
