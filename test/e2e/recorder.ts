/** A web server on 127.0.0.1 that workflows talk to: it notes what a run reports and hands out files. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Hit {
	/** Path of the request without the query, e.g. `/end`. */
	path: string;
	query: Record<string, string>;
	/** Milliseconds since the epoch. */
	at: number;
	/** When it was answered; 0 until then. */
	answeredAt: number;
}

export interface ServedFile {
	content: Buffer;
	mimeType: string;
	/** Told in Content-Disposition (RFC 6266). */
	fileName?: string;
}

export class Recorder {
	readonly hits: Hit[] = [];
	/** Path → file; any other path answers with an empty object. */
	readonly files = new Map<string, ServedFile>();

	private constructor(private readonly server: Server) {}

	static async start(): Promise<Recorder> {
		const server = createServer();
		const recorder = new Recorder(server);
		server.on('request', (request, response) => {
			const url = new URL(request.url ?? '/', 'http://127.0.0.1');
			const query = Object.fromEntries(url.searchParams);
			const hit: Hit = { path: url.pathname, query, at: Date.now(), answeredAt: 0 };
			recorder.hits.push(hit);
			response.once('finish', () => (hit.answeredAt = Date.now()));
			const file = recorder.files.get(url.pathname);
			response.setHeader('content-type', file?.mimeType ?? 'application/json');
			if (file?.fileName) {
				const name = encodeURIComponent(file.fileName);
				response.setHeader('content-disposition', `attachment; filename*=UTF-8''${name}`);
			}
			// A run that reports with `ms` takes that long.
			setTimeout(() => response.end(file?.content ?? '{}'), Number(url.searchParams.get('ms') ?? 0));
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return recorder;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** What was reported to a path so far. */
	at(path: string): Hit[] {
		return this.hits.filter((hit) => hit.path === path);
	}

	/** The subjects reported to a path so far, in that order. */
	subjects(path: string): string[] {
		return this.at(path).map(({ query }) => query['subject'] ?? '');
	}

	/** How many requests to a path were under way at the same time. */
	mostAtOnce(path: string): number {
		const hits = this.at(path);
		const during = ({ at }: Hit) =>
			hits.filter((hit) => hit.at <= at && (hit.answeredAt === 0 || hit.answeredAt > at)).length;
		return Math.max(0, ...hits.map(during));
	}

	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}
}
