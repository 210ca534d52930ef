import {
	appendFileSync,
	closeSync,
	existsSync,
	fsyncSync,
	mkdirSync,
	openSync,
	readFileSync,
	writeSync,
} from 'node:fs';
import path from 'node:path';
import type {
	ExecutionStatus,
	IConnections,
	IDataObject,
	INode,
	IWorkflowSettings,
	WorkflowExecuteMode,
} from 'n8n-workflow';

/** The part of a workflow that publishing freezes. */
export interface WorkflowVersion {
	nodes: INode[];
	connections: IConnections;
}

export interface WorkflowRow extends WorkflowVersion {
	id: string;
	name: string;
	settings: IWorkflowSettings;
	staticData: IDataObject;
	/** What is published; null when the workflow is off. */
	published: WorkflowVersion | null;
	/** By node id, as n8n's `workflow_publication_trigger_status`. */
	triggerStatus: Record<string, 'activated' | 'failed'>;
}

export interface CredentialRow {
	id: string;
	name: string;
	type: string;
	/** Encrypted by n8n-core's cipher. */
	data: string;
}

export interface ExecutionRow {
	id: string;
	workflowId: string;
	mode: WorkflowExecuteMode;
	status: ExecutionStatus;
	deduplicationKey: string | null;
	/** ISO 8601. */
	createdAt: string;
	startedAt: string | null;
	stoppedAt: string | null;
	waitTill: string | null;
	/** Set when n8n drops the row but has not yet removed it; such a row is invisible and still holds its key. */
	deletedAt: string | null;
	/** `IRunExecutionData`, flatted. */
	data: string;
	/** The version it runs, as JSON. */
	workflow: WorkflowVersion;
}

/** An execution as tests see it. */
export interface ExecutionRecord {
	id: string;
	workflowId: string;
	status: ExecutionStatus;
	mode: WorkflowExecuteMode;
	dedupKey: string | null;
	startedAt: Date | null;
	stoppedAt: Date | null;
	waitTill: Date | null;
	/** The error that ended the run, if one did. */
	error: Error | undefined;
	/** `resultData.runData`: outputs by node name. */
	data: import('n8n-workflow').IRunData;
}

interface JournalLine {
	table: string;
	op: 'put' | 'patch' | 'delete';
	row: { id: string };
}

/** One table in memory whose every change is a journal line. */
export class Table<Row extends { id: string }> {
	private readonly rows = new Map<string, Row>();

	constructor(
		private readonly name: string,
		private readonly journal: (line: JournalLine) => void,
	) {}

	get(id: string): Row | undefined {
		return this.rows.get(id);
	}

	all(): Row[] {
		return [...this.rows.values()];
	}

	put(row: Row): void {
		this.write({ table: this.name, op: 'put', row });
	}

	/** Changes some columns; a row that is gone stays gone. Returns whether there was one. */
	patch(id: string, columns: Partial<Omit<Row, 'id'>>): boolean {
		if (!this.rows.has(id)) return false;
		this.write({ table: this.name, op: 'patch', row: { id, ...columns } });
		return true;
	}

	delete(id: string): void {
		this.write({ table: this.name, op: 'delete', row: { id } });
	}

	/** Replays one journal line. */
	apply({ op, row }: JournalLine): void {
		const copy = JSON.parse(JSON.stringify(row)) as Row;
		if (op === 'delete') this.rows.delete(row.id);
		else if (op === 'put') this.rows.set(row.id, copy);
		else this.rows.set(row.id, { ...this.rows.get(row.id), ...copy });
	}

	private write(line: JournalLine): void {
		this.journal(line);
		this.apply(line);
	}
}

/**
 * The stand-in's database: tables in memory and, with a state folder, an append-only file of JSON lines that is
 * read again at start. A line is complete before the change counts, so `kill -9` loses nothing that was told.
 */
export class Store {
	readonly workflows = new Table<WorkflowRow>('workflows', (line) => this.append(line));
	readonly credentials = new Table<CredentialRow>('credentials', (line) => this.append(line));
	readonly executions = new Table<ExecutionRow>('executions', (line) => this.append(line));
	private file: number | undefined;

	/**
	 * @param stateDir folder of the journal; without one nothing is written
	 * @param fsync also survive a power cut (one fsync per change)
	 */
	constructor(
		stateDir: string | undefined,
		private readonly fsync: boolean,
	) {
		if (stateDir === undefined) return;
		mkdirSync(stateDir, { recursive: true });
		const journal = path.join(stateDir, 'journal.jsonl');
		if (existsSync(journal)) this.replay(journal);
		this.file = openSync(journal, 'a');
	}

	close(): void {
		if (this.file !== undefined) closeSync(this.file);
		this.file = undefined;
	}

	private replay(journal: string): void {
		const text = readFileSync(journal, 'utf8');
		const tables: Record<string, { apply(line: JournalLine): void }> = {
			workflows: this.workflows,
			credentials: this.credentials,
			executions: this.executions,
		};
		const lines = text.split('\n');
		const torn = lines.pop();
		for (const line of lines) {
			if (line === '') continue;
			const parsed = parseLine(line);
			if (parsed) tables[parsed.table]?.apply(parsed);
		}
		// A write that kill -9 cut in two never counted; a newline keeps it apart from what follows.
		if (torn !== undefined && torn !== '') appendFileSync(journal, '\n');
	}

	private append(line: JournalLine): void {
		if (this.file === undefined) return;
		writeSync(this.file, JSON.stringify(line) + '\n');
		if (this.fsync) fsyncSync(this.file);
	}
}

function parseLine(line: string): JournalLine | undefined {
	try {
		return JSON.parse(line) as JournalLine;
	} catch {
		return undefined;
	}
}
