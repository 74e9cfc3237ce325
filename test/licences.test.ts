/** What is shipped, and what that needs in turn, is under licences that ask for no more than a notice. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface LockedPackage { readonly dev?: boolean; readonly license?: string }

const PERMITTED = ['MIT', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'ISC', '0BSD'];

it('every package that is installed with Thumbelina has a permitted licence', () => {
  const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as { packages: Record<string, LockedPackage> };
  const others = Object.entries(packages).filter(([name, { dev, license }]) => name !== '' && !dev && !PERMITTED.includes(license ?? 'none stated'));
  expect(others.map(([name, { license }]) => `${name}: ${license ?? 'none stated'}`)).toEqual([]);
});
