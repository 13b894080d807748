/**
 * Pages that show what runs and pipelines do: live, from a server of their own or in yours, and as a file.
 */

export {
  type Dashboard,
  DashboardOpenError,
  type DashboardOptions,
  openDashboard,
} from './dashboard/open-dashboard.ts';
export { openReport, type Report, ReportFileError, type ReportOptions } from './dashboard/open-report.ts';
export { PageMissingError } from './dashboard/page-files.ts';
