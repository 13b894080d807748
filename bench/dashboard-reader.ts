/**
 * Reads a dashboard as its page does: the stream, and after each message the frame of the last run. Ends with its input.
 */

const [url = ''] = process.argv.slice(2);
const { origin, searchParams } = new URL(url);
const headers = { authorization: `Bearer ${searchParams.get('token')}` };
process.stdin.on('end', () => process.exit()).resume();
// The dashboard is closed.
process.on('uncaughtException', () => process.exit());

const since = new Map<number, number>();
let text = '';
const events = await fetch(`${origin}/api/events`, { headers });
process.stdout.write('reading\n');
for await (const piece of (events.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
  text += piece;
  const end = text.lastIndexOf('\n\n');
  if (end < 0) continue;
  const [data = ''] =
    text
      .slice(0, end)
      .match(/(?<=^data: ).*$/gm)
      ?.slice(-1) ?? [];
  text = text.slice(end + 2);
  if (data === '') continue;
  const { known } = JSON.parse(data) as { readonly known: readonly number[] };
  const run = known.at(-1);
  if (run === undefined) continue;
  const answer = await fetch(`${origin}/api/runs/${run}/frame?since=${since.get(run) ?? 0}`, { headers });
  const bytes = new DataView(await answer.arrayBuffer());
  const head = new TextDecoder().decode(new Uint8Array(bytes.buffer, 4, bytes.getUint32(0, true)));
  since.set(run, (JSON.parse(head) as { readonly revision: number }).revision);
}
