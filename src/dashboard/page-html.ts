/**
 * The page as HTML: with its files beside it, or as one file with all in it. Neither takes anything from elsewhere, and the browser
 * is told to let nothing else in.
 */

import type { PageFiles } from './page-files.ts';

/** What the page of a server may load: its own files alone. */
export const livePolicy: Readonly<Record<string, string[]>> = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  connectSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  baseUri: ["'self'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** @param base - the path that the page's files are below, with a slash at its end */
export function livePage(base: string): string {
  return page(
    `<base href="${escaped(base)}">\n<title>heddle</title>\n<link rel="stylesheet" href="app.css">`,
    '<script type="module" src="app.js"></script>',
  );
}

/** @param data - in base64, which holds no `<` */
export function reportPage({ script, style }: PageFiles, title: string, data: string): string {
  const code = script.replaceAll('</script', '<\\/script');
  const policy = [
    "default-src 'none'",
    `script-src '${digestOf(code)}'`,
    `style-src '${digestOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return page(
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<title>${escaped(title)}</title>\n<style>${style}</style>`,
    `<script type="application/octet-stream" id="report">${data}</script>\n<script type="module">${code}</script>`,
  );
}

function page(head: string, scripts: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
${head}
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript.</noscript>
${scripts}
</body>
</html>
`;
}

function digestOf(text: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
