/**
 * Holds back what changes too often for what is made of it.
 */

import { useEffect, useRef, useState } from 'preact/hooks';

/** A value that follows another no more often than so; at once with a period of 0. */
export function useCalm(value: number, periodMs: number): number {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(latest.current);
    }, periodMs);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return periodMs === 0 ? value : shown;
}
