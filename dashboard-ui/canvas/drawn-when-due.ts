/**
 * Draws once for each frame of the screen at most, however often it is asked to.
 */

/** Asks for a drawing, or stops to. */
export interface Drawing {
  readonly ask: () => void;
  readonly stop: () => void;
}

/** @param draw - whether it is to be drawn again with the next frame */
export function drawnWhenDue(draw: () => boolean): Drawing {
  let due: number | undefined;
  const ask = (): void => {
    due ??= requestAnimationFrame(() => {
      due = undefined;
      if (draw()) ask();
    });
  };
  return {
    ask,
    stop: () => {
      if (due !== undefined) cancelAnimationFrame(due);
      due = -1;
    },
  };
}
