import type { Call } from "./contract-model";

/** Concurrent calls; mostly one. */
export type Move = readonly Call[];

const acts = (saga: string, interruption?: string): Call => made("action", saga, interruption);
const undoes = (saga: string, interruption?: string): Call => made("undo", saga, interruption);
const made = (kind: Call["kind"], saga: string, interruption: string | undefined): Call =>
  Object.freeze({ kind, saga, ...(interruption !== undefined && { interruption }) });

/** All sequences of that many calls of two sagas. A always begins. */
export function sequences(length: number): readonly (readonly Move[])[] {
  const calls = ["A", "B"].flatMap((saga) => [acts(saga), undoes(saga)]);
  const longer = (shorter: readonly (readonly Move[])[]) =>
    shorter.flatMap((moves) => calls.map((call) => [...moves, [call]]));
  let all: readonly (readonly Move[])[] = [[[acts("A")]], [[undoes("A")]]];
  for (let calls = 1; calls < length; calls++) all = longer(all);
  return all;
}

/** Concurrent calls, each followed by calls that show what they left. */
export const movesAtOnce: readonly (readonly Move[])[] = [
  [[acts("A"), acts("A")], [acts("A")], [undoes("A")]],
  [[acts("A"), undoes("A")], [acts("A")], [undoes("A")]],
  [[acts("A"), acts("B")], [undoes("A")], [undoes("B")]],
  [[acts("A"), acts("B")], [undoes("B")], [undoes("A")]],
  [[acts("A")], [undoes("A"), undoes("A")], [acts("A")]],
  [[acts("A")], [undoes("A"), acts("A")], [acts("A")]],
  [[acts("A")], [undoes("A"), acts("B")], [undoes("B")], [acts("A")]],
  [[acts("A")], [undoes("A"), undoes("B")], [acts("B")], [acts("A")]],
  [[undoes("A"), acts("B")], [acts("A")], [undoes("B")]],
  [[undoes("A"), undoes("B")], [acts("A")], [acts("B")]],
];

/** Sequences in which a call is interrupted, and then repeated or undone, while another saga makes its own calls. */
export function movesInDoubt(interruption: string): readonly (readonly Move[])[] {
  const sequences: readonly (readonly Call[])[] = [
    [acts("A", interruption), acts("A"), acts("A"), undoes("A")],
    [acts("A", interruption), acts("A", interruption), undoes("A"), acts("A")],
    [acts("A", interruption), undoes("A"), acts("A"), acts("B")],
    [acts("A", interruption), undoes("A", interruption), undoes("A"), acts("A")],
    [acts("A"), undoes("A", interruption), undoes("A"), acts("A"), acts("B"), undoes("A")],
    [acts("A"), acts("B", interruption), undoes("B"), acts("A"), undoes("A"), acts("B")],
    [acts("A"), undoes("B", interruption), undoes("B"), undoes("A"), acts("B")],
    [undoes("A", interruption), undoes("A"), acts("A"), acts("B")],
    [undoes("A"), acts("B"), acts("A", interruption), undoes("A", interruption), undoes("A"), acts("B")],
  ];
  return sequences.map((calls) => calls.map((call) => [call]));
}

/** Up to ten moves of three sagas, a few of them concurrent or interrupted. Interrupted calls are undone at the end. */
export function randomMoves(random: () => number, interruptions: readonly string[]): readonly Move[] {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const inDoubt = new Set<string>();
  const moves = Array.from({ length: 3 + Math.floor(random() * 8) }, (): Move => {
    const call = () => (random() < 0.5 ? acts : undoes)(pick(["A", "B", "C"]));
    const chance = random();
    if (chance < 0.15) {
      const { kind, saga } = call();
      inDoubt.add(saga);
      return [made(kind, saga, pick(interruptions))];
    }
    return chance < 0.3 ? [call(), call()] : [call()];
  });
  return [...moves, ...[...inDoubt].map((saga): Move => [undoes(saga)])];
}
