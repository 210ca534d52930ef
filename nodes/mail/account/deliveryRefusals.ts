/** What servers say instead of taking a mail, opening a mailbox or filing a copy. The first that fits wins. */
import type { DiagnosisRow } from './refusals';

export const DELIVERY_REFUSALS: readonly DiagnosisRow[] = [
	{
		id: 'sender-not-allowed',
		class: 'configuration',
		cause: '{provider} does not let this account send under the address given as sender.',
		nextStep:
			'Use the address of the account as From, or have the provider allow the other one (an alias, or "send as" for a shared mailbox).',
		when: [
			{ side: 'smtp', enhancedCode: ['5.7.60', '5.2.252'] },
			{
				side: 'smtp',
				text: /not owned by (auth )?user|mail from (address )?must (be same as|equal) authori[sz]|SendAsDenied|permissions? to send as|not allowed to send as|relaying disallowed as|not authori[sz]ed to send from|^553 local user only/i,
			},
		],
	},
	{
		id: 'sender-domain-unknown',
		class: 'configuration',
		cause: 'The domain of the sender address does not exist as the server sees it.',
		nextStep: 'Check the spelling of From; the domain needs a mail or address record in DNS.',
		when: [
			{
				side: 'smtp',
				text: /sender address rejected: domain not found|domain of sender address .* does not (exist|resolve)/i,
			},
		],
	},
	{
		id: 'relay-denied',
		class: 'configuration',
		cause:
			'{server} does not send mail to other domains for us, because we did not log in or it is not the server for sending.',
		nextStep: "Use the provider's server for outgoing mail with user and password. {port advice}",
		when: [
			{ side: 'smtp', enhancedCode: ['5.7.54', '5.7.64'] },
			{
				side: 'smtp',
				text: /relay(ing)? (access )?(is )?(denied|not permitted|not allowed|disallowed|prohibited)|unable to relay/i,
			},
		],
	},
	{
		id: 'sending-limit',
		class: 'limit',
		cause: '{provider} lets this account send no more mail for now: its limit per day or hour is reached.',
		nextStep: 'Wait until the limit is lifted, often 24 hours, or use a service made for many mails.',
		when: [
			{ side: 'smtp', enhancedCode: ['5.4.5'] },
			{
				side: 'smtp',
				text: /sending limit|SubmissionQuotaExceeded|exceed\w* (your )?(daily|hourly|sending) \w*|(daily|hourly) (message |sending )?(limit|quota)/i,
			},
		],
	},
	{
		id: 'sending-suspended',
		class: 'permanent',
		cause: '{provider} has stopped sending from this account, because it looks as if it sent spam.',
		nextStep: 'Sign in on the web, check the account for abuse, and ask the provider to unblock it.',
		when: [{ side: 'smtp', text: /OutboundSpamException|unusual sending activity|bad outbound sender/i }],
	},
	{
		id: 'recipient-overrun',
		class: 'throttled',
		cause: 'The recipient is getting more mail at the moment than the server lets through.',
		nextStep: 'Send again later, and fewer mails at a time to this address.',
		when: [{ side: 'smtp', responseCode: ['4'], text: /receiving mail (too quickly|at a rate)/i }],
	},
	{
		id: 'greylisted',
		class: 'transient',
		cause:
			'The server does not know us yet and takes the mail only at a second try after some minutes (greylisting).',
		nextStep:
			'Give the mail 8 "Attempts" and 30 minutes of "Total Time", or send again after 15 minutes, for example with a Wait node.',
		when: [
			{ side: 'smtp', responseCode: ['4'], text: /gr[ae]y-?list/i },
			{ side: 'smtp', responseCode: ['450', '451'], enhancedCode: ['4.7.1'] },
		],
	},
	{
		id: 'message-too-big',
		class: 'permanent',
		cause: 'The mail is larger than the server takes. Attachments grow by a third when they are sent.',
		nextStep: 'Send fewer or smaller attachments, or a link to the files.',
		when: [
			{ side: 'smtp', enhancedCode: ['5.3.4', '5.2.3'] },
			{
				text: /message (size )?(is )?(too (large|big)|exceeds)|size exceeds|exceeds? (the )?(fixed |maximum |max )*(message )?size/i,
			},
			{ side: 'imap', responseCode: ['TOOBIG'] },
		],
	},
	{
		id: 'too-many-recipients',
		class: 'permanent',
		cause: 'The mail has more recipients than the server takes at once.',
		nextStep: 'Split the list and send several mails.',
		when: [
			{ side: 'smtp', enhancedCode: ['4.5.3', '5.5.3'] },
			{ side: 'smtp', text: /too many recipients/i },
			{ code: ['EMAXRECIPIENTS'] },
		],
	},
	{
		id: 'mailbox-full',
		class: 'permanent',
		cause: 'The mailbox is full, so nothing can be stored in it.',
		nextStep: 'Delete mail or get more space from the provider.',
		when: [
			{ side: 'imap', responseCode: ['OVERQUOTA'] },
			{ side: 'imap', text: /quota exceeded|over ?quota/i },
		],
	},
	{
		id: 'server-storage-full',
		class: 'transient',
		cause: 'The mail server has no room to take the mail at the moment.',
		nextStep: 'Try again later; whoever runs the server must make room.',
		when: [{ side: 'smtp', enhancedCode: ['4.3.1'] }],
	},
	{
		id: 'recipient-mailbox-full-for-now',
		class: 'transient',
		cause: 'The mailbox of the recipient is full; the server would take the mail later.',
		nextStep: 'Send again later, or reach the recipient another way.',
		when: [
			{ side: 'smtp', enhancedCode: ['4.2.2'] },
			{
				side: 'smtp',
				responseCode: ['4'],
				text: /over ?quota|quota exceeded|mailbox (is )?full|out of storage/i,
			},
		],
	},
	{
		id: 'recipient-mailbox-full',
		class: 'permanent',
		cause: 'The mailbox of the recipient is full.',
		nextStep: 'Send again when the recipient has made room, or reach them another way.',
		when: [
			{ side: 'smtp', enhancedCode: ['5.2.2'] },
			{ side: 'smtp', text: /over ?quota|quota exceeded|mailbox (is )?full|out of storage/i },
		],
	},
	{
		id: 'sender-not-authenticated',
		class: 'permanent',
		cause:
			'The receiving side could not make sure that the mail comes from the domain in From (SPF, DKIM or DMARC).',
		nextStep:
			'Send through the provider of that domain, or add the SPF and DKIM records it names to the DNS of the domain.',
		when: [
			{ side: 'smtp', enhancedCode: ['5.7.26', '5.7.25', '5.7.23', '5.7.20', '4.7.26'] },
			{ side: 'smtp', responseCode: ['5'], text: /\b(DMARC|DKIM|SPF)\b|unauthenticated email/i },
		],
	},
	{
		id: 'address-blocked',
		class: 'permanent',
		cause:
			'The receiving side takes no mail from the internet address this mail comes from, because a block list names it.',
		nextStep:
			'Send through a mail provider instead of an own server, or have the address removed from the list it names.',
		when: [
			{ side: 'smtp', enhancedCode: ['5.7.606', '5.7.511'] },
			{
				side: 'smtp',
				responseCode: ['5'],
				text: /block ?list|black ?list|spamhaus|\bRBL\b|dnsbl|banned sending IP|poor reputation/i,
			},
		],
	},
	{
		id: 'refused-as-spam',
		class: 'permanent',
		cause: 'The server holds the mail to be spam, or a rule of its own forbids it.',
		nextStep:
			'Read its answer. Fewer links, a plain subject, a text part beside the HTML and one recipient per mail help; a page the answer names says more.',
		when: [
			{
				side: 'smtp',
				responseCode: ['5'],
				text: /spam|unsolicited|suspicio|inappropriate|DT:|polic(y|ies)|content (rejected|not allowed)|message rejected/i,
			},
		],
	},
	{
		id: 'recipient-domain-unknown',
		class: 'permanent',
		cause: 'The domain of the recipient does not exist or takes no mail.',
		nextStep: 'Check the spelling of the address after the @.',
		when: [
			{ side: 'smtp', enhancedCode: ['5.1.2', '5.4.4', '5.4.310'] },
			{ side: 'smtp', responseCode: ['5'], text: /domain not found|host not found|null MX|unrouteable/i },
		],
	},
	{
		id: 'recipient-unknown',
		class: 'permanent',
		cause: 'There is no mailbox for this recipient.',
		nextStep: 'Check the spelling of the address and remove it from the list if it no longer exists.',
		when: [
			{ side: 'smtp', enhancedCode: ['5.1.1', '5.1.10', '5.1.6', '5.1.3'] },
			{
				side: 'smtp',
				responseCode: ['550', '551', '553'],
				text: /user unknown|unknown user|no such (user|recipient|mailbox|address)|(user|account|mailbox|recipient|address) (not found|does not exist|unavailable|is disabled)|invalid (recipient|mailbox)|recipient address rejected|not exist/i,
			},
		],
	},
	{
		id: 'mailbox-missing',
		class: 'configuration',
		cause: 'The mailbox (folder) does not exist on the server.',
		nextStep: 'Pick it from the list again; it may have been renamed, moved or deleted.',
		when: [
			{ side: 'imap', responseCode: ['NONEXISTENT', 'TRYCREATE'] },
			{
				side: 'imap',
				text: /(mailbox|folder) (does not|doesn't) exist|unknown mailbox|no such (mailbox|folder)/i,
			},
		],
	},
	{
		id: 'no-permission',
		class: 'configuration',
		cause: 'The account may not do that in this mailbox (folder).',
		nextStep: 'Ask the owner of the mailbox for the right, or choose another mailbox.',
		when: [
			{ side: 'imap', responseCode: ['NOPERM'] },
			{ side: 'imap', text: /permission denied/i },
		],
	},
];
