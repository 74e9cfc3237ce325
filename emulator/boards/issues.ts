/** What a schema has against a value, in words for whoever wrote it. */
import type { z } from 'zod';
import { didYouMean, type Path, type Refusals } from './problems.js';

type Issue = z.core.$ZodIssue;

/** @param known the keys that the schema has at a path */
export function refuseIssues(issues: readonly Issue[], at: Path, refusals: Refusals, known: (path: Path) => readonly string[]): void {
  for (const issue of issues) {
    const path = [...at, ...(issue.path as (string | number)[])];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) refusals.refuse([...path, key], `unknown key "${key}"${where(path)}; ${didYouMean(key, known(path))}`, true);
    } else if (issue.code === 'invalid_key') {
      refusals.refuse(path, `"${String(path[path.length - 1])}" cannot be a name here; ${issue.issues[0]?.message ?? 'choose another'}`, true);
    } else {
      refusals.refuse(path, `${path.length === 0 ? 'the description' : path.join('.')}: ${remedy(issue)}`);
    }
  }
}

function remedy(issue: Issue): string {
  if (issue.code === 'invalid_type' && issue.message.includes('undefined')) return `is missing; add it as ${issue.expected}`;
  return issue.message.replace(/^Invalid (input|option): /, '');
}

function where(path: Path): string {
  return path.length === 0 ? '' : ` in ${path.join('.')}`;
}
