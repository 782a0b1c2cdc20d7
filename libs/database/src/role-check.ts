import { UnsafeRoleError } from './database-errors';
import { type Role, roleName } from './bootstrap-sql';
import type { Queryable } from './transaction';

interface RoleFacts {
  readonly name: string;
  readonly super: boolean;
  readonly bypass: boolean;
  readonly owner: boolean;
  readonly owns: string[];
}

/**
 * What is wrong with the rights of the role behind `db`; empty when nothing is. Run at boot for every role: a superuser
 * or the tables' owner in `DATABASE_APP_URL` would make row-level security a decoration.
 */
export async function roleProblems(db: Queryable, role: Role): Promise<string[]> {
  const [facts] = await db.query<RoleFacts>(
    `SELECT current_user AS name, r.rolsuper AS super, r.rolbypassrls AS bypass,
            r.rolname <> 'puente_owner' AND pg_has_role(current_user, 'puente_owner', 'MEMBER') AS owner,
            ARRAY(SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relowner = r.oid) AS owns
     FROM pg_roles r WHERE r.rolname = current_user`,
  );
  if (!facts) return [`DATABASE_${role.toUpperCase()}_URL: the role is not in pg_roles`];
  const variable = `DATABASE_${role.toUpperCase()}_URL`;
  const problems: string[] = [];
  if (facts.name !== roleName(role))
    problems.push(`${variable}: expected role ${roleName(role)}, connected as ${facts.name}`);
  if (facts.super) problems.push(`${variable}: ${facts.name} is a superuser`);
  if (facts.bypass) problems.push(`${variable}: ${facts.name} has BYPASSRLS`);
  if (facts.owner) problems.push(`${variable}: ${facts.name} is a member of puente_owner`);
  if (role !== 'owner' && facts.owns.length > 0)
    problems.push(`${variable}: ${facts.name} owns ${facts.owns.join(', ')}`);
  return problems;
}

/** Tables with a tenant_id whose row-level security is off or not forced. */
export async function unguardedTables(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
       AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
       AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** @throws {UnsafeRoleError} naming every problem at once */
export async function assertSafeRoles(databases: Readonly<Partial<Record<Role, Queryable>>>): Promise<void> {
  const problems: string[] = [];
  for (const [role, db] of Object.entries(databases) as [Role, Queryable][])
    problems.push(...(await roleProblems(db, role)));
  const [first] = Object.values(databases);
  if (first)
    problems.push(...(await unguardedTables(first)).map((table) => `table ${table}: row-level security is not forced`));
  if (problems.length > 0) throw new UnsafeRoleError(problems);
}
