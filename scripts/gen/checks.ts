import type { Finding } from './finding';
import { checkGeneratedFiles } from './generated-files';
import type { Project } from './project';

/** Everything `npm run gen -- --check` looks at, in the order in which it is told. */
const CHECKS: readonly ((project: Project) => readonly Finding[] | Promise<readonly Finding[]>)[] = [
  checkGeneratedFiles,
];

export async function checkProject(project: Project): Promise<Finding[]> {
  return (await Promise.all(CHECKS.map(async (check) => check(project)))).flat();
}
