import { validateTopicFilter, validateTopicName } from "@petrel/client";
import { errorLine, exitCodeOf, UsageError } from "../exit-codes.ts";
import { readPayload } from "../input/source.ts";
import { Interruption } from "../interruption.ts";
import { StatusLine } from "../output/status-line.ts";
import { writeTable } from "../output/table.ts";
import { type BenchKind, type BenchOptions, fillIn } from "./bench-options.ts";
import { BenchRun } from "./bench-run.ts";
import { writeJson } from "../options/output.ts";
import type { Measurements } from "./measurements.ts";
import { countOf, progressText, reportObject, reportRows } from "./report.ts";
import { ownShare, tell, Workers } from "./workers.ts";

/** Milliseconds between two reports of a worker, and between two looks at the rate. */
const PERIOD = 500;

/** Runs a benchmark, and prints what it has measured; in a worker, tells that to the process that started it. */
export async function bench(kind: BenchKind, options: BenchOptions): Promise<void> {
  using interruption = new Interruption();
  const share = ownShare();
  if (share !== undefined) {
    const stop = new AbortController();
    process.on("message", () => stop.abort());
    process.on("disconnect", () => stop.abort());
    const stopped = AbortSignal.any([interruption.signal, stop.signal]);
    await work(new BenchRun(kind, options, await payloadOf(options), share, stopped));
    return;
  }
  const { workers, askPassword } = options;
  checkTopic(kind, options);
  if (workers > 1 && askPassword === true) {
    throw new UsageError("--workers can't ask for the password each; try --password-file or PETREL_PASSWORD");
  }
  const measured =
    workers > 1 ? await inWorkers(kind, options, interruption) : await inThisProcess(kind, options, interruption);
  if (options.output === "json") writeJson(reportObject(kind, measured));
  else writeTable(reportRows(kind, measured));
  if (options.limit !== undefined || options.duration !== undefined || options.once === true) {
    interruption.throwIfInterrupted();
  }
}

/** Before anything is opened: else each message would fail. */
function checkTopic(kind: BenchKind, { topic, username = "" }: BenchOptions): void {
  if (kind === "conn") return;
  const filledIn = fillIn(topic, { i: 1, c: "id", u: username });
  const problem = kind === "sub" ? validateTopicFilter(filledIn) : validateTopicName(filledIn);
  if (problem !== undefined) throw new UsageError(`topic "${topic}" ${problem}`);
}

/** What was typed to be published, if anything was. */
async function payloadOf({ message, file }: BenchOptions): Promise<Uint8Array | undefined> {
  if (file !== undefined) return await readPayload(file);
  return message === undefined ? undefined : Buffer.from(message);
}

async function inThisProcess(
  kind: BenchKind,
  options: BenchOptions,
  interruption: Interruption,
): Promise<Measurements> {
  const payload = await payloadOf(options);
  const run = new BenchRun(kind, options, payload, { worker: 0, workers: 1 }, interruption.signal);
  using _status = progress(kind, options, () => run.look());
  await run.run();
  if (run.measurements.connected === 0 && run.firstError !== undefined) throw run.firstError;
  return run.look();
}

async function inWorkers(kind: BenchKind, options: BenchOptions, interruption: Interruption): Promise<Measurements> {
  const workers = new Workers(options.workers, interruption.signal);
  using _status = progress(kind, options, () => workers.look());
  await workers.ended();
  return workers.look();
}

async function work(run: BenchRun): Promise<void> {
  const timer = setInterval(() => void tell({ counts: run.look().toCounts() }), PERIOD);
  let error: unknown;
  let endsAll = false;
  try {
    await run.run();
    if (run.measurements.connected === 0) error = run.firstError;
  } catch (failure) {
    error = failure;
    endsAll = true;
  }
  clearInterval(timer);
  const counts = run.look().toCounts();
  if (error === undefined) await tell({ counts });
  else await tell({ counts, error: { message: errorLine(error), exitCode: exitCodeOf(error) }, endsAll });
  process.disconnect();
}

/** The rate is that of the last moments. */
function progress(kind: BenchKind, { quiet }: BenchOptions, look: () => Measurements): StatusLine {
  let at = performance.now();
  let count = 0;
  let text = "";
  const show = (): string => {
    const now = performance.now();
    if (text !== "" && now - at < PERIOD) return text;
    const measured = look();
    text = progressText(kind, measured, count, (now - at) / 1_000);
    at = now;
    count = countOf(kind, measured);
    return text;
  };
  return new StatusLine(show, { wanted: quiet !== true });
}
