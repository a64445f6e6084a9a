import { harmlessBecause, lineNumber, linesOf, type TriedMutant } from './mutant.js';

/** The share of mutants that tests have to notice, in percent. Those that do no harm are not counted. */
const LEAST_SCORE = 92;

/** The score of a part and its survivors. */
export function reported(part: string, tried: readonly TriedMutant[]): { text: string; isEnough: boolean } {
  const survivors = tried
    .filter(({ noticed }) => !noticed)
    .map((mutant) => ({ mutant, because: harmlessBecause(mutant) }));
  const noticed = tried.length - survivors.length;
  const counted = noticed + survivors.filter(({ because }) => because === null).length;
  const score = counted === 0 ? 100 : (100 * noticed) / counted;
  const lines = survivors.map(({ mutant, because }) => {
    const { was, is } = linesOf(mutant);
    const where = `${mutant.file}:${lineNumber(mutant)}`;
    return `${because === null ? 'SURVIVED' : `harmless (${because})`} ${where}\n  - ${was}\n  + ${is}`;
  });
  const summary = `${part}: ${noticed} of ${counted} noticed, ${score.toFixed(1)} %; ${tried.length - counted} do no harm`;
  return { text: [...lines, summary].join('\n'), isEnough: score >= LEAST_SCORE };
}
