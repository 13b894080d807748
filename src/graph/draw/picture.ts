/**
 * What a drawing of a graph shows, as plain data: boxes with two lines of text, and arrows between them.
 *
 * A picture knows nothing of tasks, values or runs, so that every format draws from the same words and a test
 * can write one by hand. `indexPicture` is the one check that each format makes before it writes. Making a
 * picture of calls, and cutting arguments short, is left to the caller.
 */

/** Boxes and the arrows between them. Equal pictures give equal drawings, character for character. */
export interface Picture {
  readonly nodes: readonly PictureNode[];
  readonly edges: readonly PictureEdge[];
}

/** One box. */
export interface PictureNode {
  /** A whole number from 0 up, unique in the picture. Drawings name the box after it: `c12`. */
  readonly id: number;
  /** First line: the name of the task. May be empty. */
  readonly name: string;
  /** Second line: the arguments in short, as `(—, 3)`. May be empty. */
  readonly text: string;
  /** @defaultValue `'call'` */
  readonly style?: PictureStyle;
}

/** What a box stands for: a call, a call whose value is asked for, a value, or a call that is quoted and not run. */
export type PictureStyle = 'call' | 'target' | 'value' | 'quoted';

/** One arrow, from what is needed to what needs it. */
export interface PictureEdge {
  /** Id of the dependency. */
  readonly from: number;
  /** Id of the dependent. */
  readonly to: number;
  /** Name or index of the argument. May be empty. */
  readonly label: string;
  /** @defaultValue `'value'` */
  readonly style?: 'value' | 'quoted';
}

/** Where arrows point: `down`, with targets at the bottom, or `right`, with targets at the right. */
export type DrawDirection = 'down' | 'right';

/** Colours of one box. Each is `#rgb`, `#rrggbb`, `#rrggbbaa` or a colour's English name, as `tomato`. */
export interface Paint {
  readonly fill?: string;
  readonly stroke?: string;
}

/** How to draw a picture, in any format. */
export interface DrawOptions {
  /** @defaultValue `'down'` */
  readonly direction?: DrawDirection;
  /** Colours a box; `undefined` leaves it as its style has it. Called once for each node, in order. */
  readonly paint?: (node: PictureNode) => Paint | undefined;
}

/**
 * Finds the place of each node by its id.
 *
 * @returns places in `picture.nodes` by id
 * @throws {RangeError} if an id is not a whole number from 0 up, is there twice, or is named by an edge and missing
 * @example
 * ```ts
 * const places = indexPicture({ nodes: [{ id: 7, name: 'add', text: '(5, 4)' }], edges: [] });
 * assert.equal(places.get(7), 0);
 * ```
 * @internal
 */
export function indexPicture(picture: Picture): ReadonlyMap<number, number> {
  const places = new Map<number, number>();
  for (const [place, node] of picture.nodes.entries()) {
    if (!Number.isSafeInteger(node.id) || node.id < 0) {
      throw new RangeError(
        `Cannot draw node '${node.name}' as its id is no whole number from 0 up: received ${node.id}`,
      );
    }
    if (places.has(node.id)) {
      throw new RangeError(
        `Cannot draw node '${node.name}' as its id is taken by another node: received ${node.id}`,
      );
    }
    places.set(node.id, place);
  }
  for (const edge of picture.edges) {
    const missing = [edge.from, edge.to].find((id) => !places.has(id));
    if (missing !== undefined) {
      throw new RangeError(
        `Cannot draw edge '${edge.label}' as no node has the id at its end: received ${missing}`,
      );
    }
  }
  return places;
}

/**
 * Reads the direction, which may come from a command line.
 *
 * @throws {RangeError} if it is neither of the two
 * @internal
 */
export function directionOf(options: DrawOptions): DrawDirection {
  const direction = options.direction ?? 'down';
  if (direction !== 'down' && direction !== 'right') {
    throw new RangeError(
      `Cannot draw a graph as its direction is neither 'down' nor 'right': received '${String(direction)}'`,
    );
  }
  return direction;
}
