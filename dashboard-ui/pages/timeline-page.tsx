/**
 * What ran when: a lane for each call at a time, in the colours of tasks.
 */

import { effect } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { durationOf } from '../../src/observe/calls/call-filter.ts';
import { callState } from '../../src/observe/calls/call-state.ts';
import { sizeCanvas } from '../canvas/canvas-size.ts';
import { drawTimeline, gutter, labelOf, laneAt, lanesTop } from '../canvas/draw-timeline.ts';
import { drawnWhenDue } from '../canvas/drawn-when-due.ts';
import { watched } from '../data/watched.ts';
import type { WatchedRun } from '../data/watched-run.ts';
import { canvasColours, coloursOf, themeChanges } from '../look.ts';
import { saveTrace } from '../parts/save-trace.ts';
import { StateMark } from '../parts/state-mark.tsx';
import { goTo, linkTo, route, setParams } from '../route.ts';
import { msText, numberText } from '../words.ts';

/** What can be seen and hit. */
const leastLane = 5;
const mostLane = 26;
/** How close one can go. */
const leastMs = 0.002;
/** Without a frame of its own, what runs grows so often. */
const livePeriodMs = 40;

interface Tip {
  readonly x: number;
  readonly y: number;
  readonly row: number;
}

export function TimelinePage({ run }: { readonly run: WatchedRun }): ComponentChild {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const spacer = useRef<HTMLDivElement>(null);
  const control = useRef<Control | undefined>(undefined);
  const [tip, setTip] = useState<Tip | undefined>(undefined);
  const [isFollowing, setFollowing] = useState(true);
  useEffect(() => {
    if (box.current === null || canvas.current === null || spacer.current === null) return;
    const made = new Control(run, box.current, canvas.current, spacer.current, setTip, setFollowing);
    control.current = made;
    return () => made.dispose();
  }, [run]);
  void run.frames.value;
  const { columns } = run;
  const colours = coloursOf(columns);
  const nowMs = watched.nowMs() - run.state.value.startedAtMs;
  return (
    <>
      <div class="tools">
        <button type="button" onClick={() => control.current?.zoom(0.5)} aria-label="Closer">
          +
        </button>
        <button type="button" onClick={() => control.current?.zoom(2)} aria-label="Further">
          −
        </button>
        <button type="button" aria-pressed={isFollowing} onClick={() => control.current?.showAll()}>
          all
        </button>
        <button type="button" onClick={() => saveTrace(run)} title="A file for ui.perfetto.dev">
          save for Perfetto
        </button>
        <span class="faint">
          drag or <kbd>A</kbd> <kbd>D</kbd> to move, wheel or <kbd>W</kbd> <kbd>S</kbd> to zoom; ▼ failed,
          stripes: running
        </span>
      </div>
      <div class="legend">
        {columns.tasks.map(({ name, builtin }, at) =>
          builtin ? undefined : (
            <span key={name}>
              <span class="swatch" style={{ backgroundColor: colours[at] ?? '' }} />
              {name}
            </span>
          ),
        )}
      </div>
      <div class="stage" ref={box}>
        <canvas
          ref={canvas}
          tabIndex={0}
          role="img"
          aria-label={`Timeline: ${numberText(columns.count)} calls in ${run.slices.count} lanes. The same is in the table of calls.`}
        />
        <div ref={spacer} />
      </div>
      <LanesTable run={run} nowMs={nowMs} />
      {tip !== undefined && (
        <div
          class="tip"
          style={{
            left: `${Math.min(tip.x + 14, innerWidth - 300)}px`,
            top: `${tip.y > innerHeight - 130 ? tip.y - 90 : tip.y + 14}px`,
          }}
        >
          <b>
            {columns.taskName(tip.row)} #{tip.row}
          </b>{' '}
          <StateMark state={columns.state[tip.row] as number} />
          <div>
            {msText(
              durationOf(columns, tip.row, columns.state[tip.row] === callState.running ? nowMs : Number.NaN),
            )}
            , from {msText(columns.startMs[tip.row] as number)}
          </div>
          <div class="mono">{labelOf(columns, tip.row)}</div>
        </div>
      )}
    </>
  );
}

/** For those who do not see the canvas. */
function LanesTable({ run, nowMs }: { readonly run: WatchedRun; readonly nowMs: number }): ComponentChild {
  const { columns, slices } = run;
  const lanes = Array.from({ length: Math.min(64, slices.count) }, (_, lane) => {
    const row = slices.at(lane, nowMs, 0, nowMs);
    return row !== undefined && columns.state[row] === callState.running
      ? `${columns.taskName(row)} #${row}, for ${msText(durationOf(columns, row, nowMs))}`
      : 'nothing';
  });
  return (
    <table class="unseen">
      <caption>What runs now</caption>
      <tbody>
        {lanes.map((what, lane) => (
          <tr key={lane}>
            <th>lane {lane + 1}</th>
            <td>{what}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The window of time that is seen, and who changes it. */
class Control {
  readonly #run: WatchedRun;
  readonly #box: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #spacer: HTMLElement;
  readonly #setTip: (tip: Tip | undefined) => void;
  readonly #setFollowing: (isFollowing: boolean) => void;
  readonly #drawing = drawnWhenDue(() => this.#draw());
  readonly #ends: (() => void)[] = [];
  #fromMs = 0;
  #toMs = 1;
  #isFollowing = true;
  #laneHeight = mostLane;
  #theme = canvasColours();
  #dragX: number | undefined;
  #hasDragged = false;
  #drawnAtMs = 0;

  constructor(
    run: WatchedRun,
    box: HTMLElement,
    canvas: HTMLCanvasElement,
    spacer: HTMLElement,
    setTip: (tip: Tip | undefined) => void,
    setFollowing: (isFollowing: boolean) => void,
  ) {
    this.#run = run;
    this.#box = box;
    this.#canvas = canvas;
    this.#spacer = spacer;
    this.#setTip = setTip;
    this.#setFollowing = setFollowing;
    const { params } = route.peek();
    const [from, to] = [Number(params.get('from') ?? Number.NaN), Number(params.get('to') ?? Number.NaN)];
    if (to > from) this.#see(from, to);
    const observer = new ResizeObserver(this.#drawing.ask);
    observer.observe(box);
    this.#ends.push(
      () => observer.disconnect(),
      effect(() => {
        void run.frames.value;
        void run.state.value;
        this.#drawing.ask();
      }),
      effect(() => {
        void themeChanges.value;
        this.#theme = canvasColours();
        this.#drawing.ask();
      }),
    );
    this.#on(box, 'scroll', this.#drawing.ask);
    this.#on(canvas, 'wheel', this.#onWheel, { passive: false });
    this.#on(canvas, 'pointerdown', this.#onDown);
    this.#on(canvas, 'pointermove', this.#onMove);
    this.#on(canvas, 'pointerup', this.#onUp);
    this.#on(canvas, 'pointerleave', () => setTip(undefined));
    this.#on(document.documentElement, 'keydown', this.#onKey);
  }

  dispose(): void {
    this.#drawing.stop();
    for (const end of this.#ends) end();
  }

  /** @param by - less than 1 goes closer */
  zoom(by: number, atMs = (this.#fromMs + this.#toMs) / 2): void {
    const span = this.#toMs - this.#fromMs;
    const wanted = Math.max(leastMs, Math.min(span * by, this.#endMs() * 2 + 1));
    const share = (atMs - this.#fromMs) / span;
    this.#see(atMs - wanted * share, atMs + wanted * (1 - share));
    this.#keep();
  }

  showAll(): void {
    this.#isFollowing = true;
    this.#setFollowing(true);
    setParams({ from: '', to: '' });
    this.#drawing.ask();
  }

  #see(fromMs: number, toMs: number): void {
    this.#fromMs = fromMs;
    this.#toMs = toMs;
    if (this.#isFollowing) this.#setFollowing(false);
    this.#isFollowing = false;
    this.#drawing.ask();
  }

  #pan(share: number): void {
    const span = this.#toMs - this.#fromMs;
    this.#see(this.#fromMs + span * share, this.#toMs + span * share);
    this.#keep();
  }

  #keep(): void {
    setParams({ from: this.#fromMs.toPrecision(9), to: this.#toMs.toPrecision(9) });
  }

  #nowMs(): number {
    const { startedAtMs, settledAtMs } = this.#run.state.peek();
    return (settledAtMs ?? watched.nowMs()) - startedAtMs;
  }

  #endMs(): number {
    return Math.max(leastMs, this.#nowMs());
  }

  readonly #draw = (): boolean => {
    const isLive = this.#run.state.peek().is === 'running' && watched.connection.peek() === 'live';
    const isMoving = isLive && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    const startMs = performance.now();
    if (
      isMoving &&
      startMs - this.#drawnAtMs < livePeriodMs &&
      this.#isFollowing &&
      this.#dragX === undefined
    )
      return true;
    this.#drawnAtMs = startMs;
    const { slices, columns } = this.#run;
    const { clientWidth: width, clientHeight: height } = this.#box;
    if (width === 0 || height === 0) return false;
    if (this.#isFollowing) {
      this.#fromMs = 0;
      this.#toMs = this.#endMs() * 1.01;
    }
    const head = lanesTop(slices);
    this.#laneHeight = Math.max(leastLane, Math.min(mostLane, (height - head) / Math.max(1, slices.count)));
    const whole = Math.ceil(head + slices.count * this.#laneHeight);
    this.#spacer.style.height = `${Math.max(0, whole - height)}px`;
    const context = sizeCanvas(this.#canvas, width, height);
    if (context === undefined) return false;
    drawTimeline(context, {
      columns,
      slices,
      colours: coloursOf(columns),
      theme: this.#theme,
      width,
      height,
      top: this.#box.scrollTop,
      laneHeight: this.#laneHeight,
      fromMs: this.#fromMs,
      toMs: this.#toMs,
      nowMs: this.#nowMs(),
    });
    // For the benchmark: how long a drawing took.
    this.#canvas.dataset['drawMs'] = String(performance.now() - startMs);
    return isMoving;
  };

  #msAt(x: number): number {
    const share = (x - gutter) / Math.max(1, this.#box.clientWidth - gutter);
    return this.#fromMs + share * (this.#toMs - this.#fromMs);
  }

  #rowAt(event: PointerEvent): number | undefined {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const { slices } = this.#run;
    const lane = laneAt(slices, event.clientY - top, this.#box.scrollTop, this.#laneHeight);
    if (lane < 0 || event.clientX - left < gutter) return undefined;
    const slackMs = (2 * (this.#toMs - this.#fromMs)) / this.#box.clientWidth;
    return slices.at(lane, this.#msAt(event.clientX - left), slackMs, this.#nowMs());
  }

  readonly #onWheel = (event: WheelEvent): void => {
    if (event.shiftKey) return;
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.#pan(event.deltaX / this.#box.clientWidth);
      return;
    }
    const { left } = this.#canvas.getBoundingClientRect();
    this.zoom(Math.exp(event.deltaY * 0.0016), this.#msAt(event.clientX - left));
  };

  readonly #onDown = (event: PointerEvent): void => {
    this.#dragX = event.clientX;
    this.#hasDragged = false;
    this.#canvas.setPointerCapture(event.pointerId);
  };

  readonly #onMove = (event: PointerEvent): void => {
    if (this.#dragX === undefined) {
      const row = this.#rowAt(event);
      this.#setTip(row === undefined ? undefined : { x: event.clientX, y: event.clientY, row });
      return;
    }
    const moved = event.clientX - this.#dragX;
    if (Math.abs(moved) < 3 && !this.#hasDragged) return;
    this.#hasDragged = true;
    this.#setTip(undefined);
    this.#dragX = event.clientX;
    this.#pan(-moved / (this.#box.clientWidth - gutter));
  };

  readonly #onUp = (event: PointerEvent): void => {
    this.#dragX = undefined;
    if (this.#hasDragged) return;
    const row = this.#rowAt(event);
    if (row !== undefined) goTo(linkTo('call', { call: row }));
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof HTMLElement && /^(?:INPUT|SELECT|DIALOG)$/.test(target.tagName)) return;
    const key = event.key.toLowerCase();
    if (key === 'w') this.zoom(0.7);
    else if (key === 's') this.zoom(1 / 0.7);
    else if (key === 'a' || key === 'arrowleft') this.#pan(-0.2);
    else if (key === 'd' || key === 'arrowright') this.#pan(0.2);
    else if (key === 'arrowup') this.#box.scrollTop -= 60;
    else if (key === 'arrowdown') this.#box.scrollTop += 60;
    else if (key === 'f') this.showAll();
    else return;
    event.preventDefault();
  };

  #on<Kind extends keyof HTMLElementEventMap>(
    target: HTMLElement,
    kind: Kind,
    listener: (event: HTMLElementEventMap[Kind]) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(kind, listener, options);
    this.#ends.push(() => target.removeEventListener(kind, listener));
  }
}
