/**
 * Events for other programs: lines of JSON, traces that Perfetto opens, counts that Prometheus reads.
 */

export { TraceFileError } from './traces/bounded-file.ts';
export {
  type EventFile,
  type EventLogOptions,
  eventLogVersion,
  openEventLog,
  readEventLog,
} from './traces/event-log.ts';
export { type Metrics, openMetrics } from './traces/metrics.ts';
export { openTrace } from './traces/trace-file.ts';
