/**
 * Taking back calls that wait at one worker behind a long call, so that an idle worker can run them.
 *
 * Batches are made by what was learned of a task; this is what makes it harmless when that turns out wrong.
 */

import { type Batch, type Member, placeIn } from './member.ts';
import { joined } from './pieces.ts';
import { type Piece, pieceOf } from './work.ts';

/** How long a batch may be out before calls are taken back from it, in milliseconds. */
export const takeBackAfterMs = 1;

/** Whether a worker has nothing to do, or could be started, while another one has more than one call. */
export function couldTakeBack(members: ReadonlySet<Member>, size: number): boolean {
  let isIdle = members.size < size;
  let hasMore = false;
  for (const member of members) {
    if (member.batches.length === 0) isIdle = true;
    else if (member.claims !== undefined && behindHead(member) > 0) hasMore = true;
  }
  return isIdle && hasMore;
}

/** How many calls wait at a worker behind the one that it may be running. */
function behindHead(member: Member): number {
  const [head] = member.batches;
  if (head === undefined) return 0;
  let free = head.takenBack.has(head.answered) || isPinned(head) ? 0 : -1;
  for (const batch of member.batches)
    if (!isPinned(batch)) free += batch.count - batch.answered - batch.takenBack.size;
  return free;
}

/** Whether its calls must run where they are: they are pinned, or their inputs have been moved there. */
function isPinned({ pieces }: Batch): boolean {
  const work = pieces[0]?.work;
  return work?.pin !== undefined || work?.moves !== undefined;
}

/** Takes half of what a worker has not started, of one that has most and has had it for a while. */
export function takeBack(members: ReadonlySet<Member>, nowMs: number): Piece[] {
  // What looks most may be finished and not told yet, behind a long call: then there is nothing to take.
  for (const member of richestFirst(members, nowMs)) {
    const taken = takeBackFrom(member);
    if (taken.length > 0) return taken;
  }
  return [];
}

function takeBackFrom(member: Member): Piece[] {
  const taken: Piece[] = [];
  let want = Math.ceil(behindHead(member) / 2);
  // From the end, where calls would wait for longest.
  for (const batch of member.batches.toReversed()) {
    if (isPinned(batch)) continue;
    for (let position = batch.count - 1; position >= batch.answered && want > 0; position--) {
      if (batch.takenBack.has(position)) continue;
      if (member.claims?.tryTakeBack(batch.first + position) !== true) break;
      batch.takenBack.add(position);
      const { piece, index } = placeIn(batch, position);
      taken.push(pieceOf(piece, { start: index, end: index + 1 }));
      want--;
    }
  }
  return joined(taken.reverse());
}

function richestFirst(members: ReadonlySet<Member>, nowMs: number): Member[] {
  return [...members]
    .filter(({ batches: [head] }) => head !== undefined && nowMs - head.sentAtMs >= takeBackAfterMs)
    .filter((member) => behindHead(member) > 0)
    .sort((left, right) => behindHead(right) - behindHead(left));
}
