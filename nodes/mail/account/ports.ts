/** Which mail protocol and which way of encryption belongs to a port (RFC 8314 §7, RFC 6409, RFC 3501). */
import type { Security } from './account';

/**
 * `other-protocol`: the port belongs to another protocol. `speaks-tls`: it is encrypted from the first byte, but the
 * setting expects a plain start. `starts-plain`: it starts unencrypted, but the setting expects TLS.
 */
export type PortFault = 'other-protocol' | 'speaks-tls' | 'starts-plain';

type Protocol = 'imap' | 'smtp' | 'pop3';

interface PortUse {
	protocol: Protocol;
	security: 'tls' | 'starttls';
}

/** 2525 is a common stand-in for 587, 994 NetEase's for 465, 1143 and 1025 are Proton Mail Bridge's. */
const PORTS: Readonly<Record<number, PortUse>> = {
	25: { protocol: 'smtp', security: 'starttls' },
	110: { protocol: 'pop3', security: 'starttls' },
	143: { protocol: 'imap', security: 'starttls' },
	465: { protocol: 'smtp', security: 'tls' },
	587: { protocol: 'smtp', security: 'starttls' },
	993: { protocol: 'imap', security: 'tls' },
	994: { protocol: 'smtp', security: 'tls' },
	995: { protocol: 'pop3', security: 'tls' },
	1025: { protocol: 'smtp', security: 'starttls' },
	1143: { protocol: 'imap', security: 'starttls' },
	2525: { protocol: 'smtp', security: 'starttls' },
};

const PURPOSE: Readonly<Record<Protocol, string>> = {
	imap: 'for reading mail (IMAP)',
	smtp: 'for sending mail (SMTP)',
	pop3: 'for another way of reading mail (POP3)',
};

const USUAL: Readonly<Record<'imap' | 'smtp', string>> = {
	imap: 'use port 993 with TLS, or port 143 with STARTTLS',
	smtp: 'use port 465 with TLS, or port 587 with STARTTLS',
};

export interface PortSettings {
	side: 'imap' | 'smtp';
	port?: number;
	security?: Security;
}

/** What is wrong with port and security as a pair; undefined when they suit each other or the port tells nothing. */
export function portFaultOf({ side, port, security }: PortSettings): PortFault | undefined {
	const use = port === undefined ? undefined : PORTS[port];
	if (!use) return undefined;
	if (use.protocol !== side) return 'other-protocol';
	if (security === undefined) return undefined;
	if (use.security === 'tls') return security === 'tls' ? undefined : 'speaks-tls';
	return security === 'tls' ? 'starts-plain' : undefined;
}

/** A sentence that names the right setting for the port, or the usual ports where the port tells nothing. */
export function portAdvice(settings: PortSettings): string {
	const { side, port } = settings;
	const use = port === undefined ? undefined : PORTS[port];
	switch (portFaultOf(settings)) {
		case 'other-protocol':
			return `Port ${port} is ${PURPOSE[use?.protocol ?? 'pop3']}; ${PURPOSE[side]} ${USUAL[side]}.`;
		case 'speaks-tls':
			return `Port ${port} speaks TLS from the first byte: set the security to TLS.`;
		case 'starts-plain':
			return `Port ${port} starts unencrypted and is upgraded: set the security to STARTTLS.`;
		case undefined:
			return `If the provider names no other port, ${USUAL[side]}.`;
	}
}
