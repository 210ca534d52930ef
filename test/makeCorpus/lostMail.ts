/** The mail that comes back in the reports of the corpus. */

export const LOST = 'lost@nowhere.example';
export const ORIGINAL_HEADER =
	'From: Team <team@receiver.example>\nTo: lost@nowhere.example\nSubject: Your order\nMessage-ID: <order-1@receiver.example>\nDate: Tue, 03 Mar 2026 09:00:00 +0100\n';
export const ORIGINAL = { originalMessageId: '<order-1@receiver.example>', originalSubject: 'Your order' };
