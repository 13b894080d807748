/** The log of calls tells of each call of a task, with its number, its arguments, its value, and where that came from. */

import { expect, test } from 'vitest';
import { callLog, gather, map, openCache, run } from '../../src/index.ts';
import { cacheTasks } from '../fixtures/tasks/cache-tasks.ts';
import { TextSink } from '../fixtures/text-sink.ts';

test('callLog() tells what was computed, retrieved, and failed', async () => {
  const stream = new TextSink();
  await using cache = await openCache(':memory:');
  const { square, refusing } = cacheTasks;
  await run(square(2), { cache, sinks: callLog({ stream }) });
  await run(gather(square(2), square(3)), { cache, sinks: callLog({ stream }) });
  await expect(run(refusing(1), { cache, sinks: callLog({ stream }) })).rejects.toThrow('no 1');
  expect(stream.text).toBe(
    [
      'call 1: square(2)',
      'value 1 [square(2)]: done -> 4',
      'success: 1 computed',
      'call 1: square(2)',
      'value 1 [square(2)]: retrieved -> 4',
      'call 2: square(3)',
      'value 2 [square(3)]: done -> 9',
      'success: 1 computed, 1 retrieved',
      'call 1: refusing(1)',
      'value 1 [refusing(1)]: failed -> RangeError: no 1',
      "failure: CallFailedError: Task 'refusing' failed: RangeError: no 1",
      '',
    ].join('\n'),
  );
});

test('callLog() leaves out calls of heddle itself', async () => {
  const stream = new TextSink();
  await run(
    map((x: number) => x, [cacheTasks.plainSquare(2)]),
    { sinks: callLog({ stream }) },
  );
  expect(stream.text).toBe(
    'call 1: plainSquare(2)\nvalue 1 [plainSquare(2)]: done -> 4\nsuccess: 1 computed\n',
  );
});
