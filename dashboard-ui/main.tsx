/**
 * Starts the page: live, if it comes from a server; of what is in it, if it is a report.
 */

import { render } from 'preact';
import { watched } from './data/watched.ts';
import { showTheme } from './look.ts';
import { App } from './parts/app.tsx';

showTheme();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
const report = document.getElementById('report');
if (report === null) watched.listen();
else void watched.open(report.textContent);
