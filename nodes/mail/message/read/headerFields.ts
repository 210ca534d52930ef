/** Header fields as people read them, by name. */
import type { HeaderField } from './mime/header';
import { decodeHeaderText } from './mime/encodedWord';

/** By lower-case name, in the order of the message, readable. */
export type Headers = Readonly<Record<string, readonly string[]>>;

/** A plain object is what items need; names that would change its prototype are left out. */
const UNSAFE = new Set(['__proto__', 'constructor', 'prototype']);

export function collectHeaders(
	fields: readonly HeaderField[],
	charsetHint: string,
): Record<string, string[]> {
	const headers = Object.create(null) as Record<string, string[]>;
	for (const { name, value } of fields) {
		if (UNSAFE.has(name)) continue;
		(headers[name] ??= []).push(decodeHeaderText(value, charsetHint));
	}
	return { ...headers };
}

/** The first field of that name, or an empty string. */
export function first(headers: Headers, name: string): string {
	return headers[name]?.[0] ?? '';
}

/** Message-IDs in a field, each with its angle brackets (RFC 5322 §3.6.4). */
export function messageIdsIn(field: string | undefined): string[] {
	return [...new Set(field?.match(/<[^<>\s]{1,998}>/g) ?? [])];
}

/** The Message-ID of a field; programs that leave out the brackets get them. */
export function messageIdIn(field: string | undefined): string | null {
	const text = field?.trim() ?? '';
	if (text === '') return null;
	const found = messageIdsIn(text.replace(/\s+/g, ''))[0];
	if (found !== undefined) return found;
	const bare = /[^\s<>]+@[^\s<>]+/.exec(text)?.[0];
	return bare === undefined ? text : `<${bare}>`;
}
