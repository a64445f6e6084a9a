/** A mutant that no test can notice, or that changes nothing that was promised. */
export interface HarmlessMutant {
  /** From the library's sources. */
  readonly file: string;
  /** The line that changes, trimmed. */
  readonly was: string;
  readonly is: string;
  readonly because: string;
}

export const HARMLESS: readonly HarmlessMutant[] = [
  {
    file: 'database/schema-check.ts',
    was: 'await manager.query(`SELECT ${columns} FROM ${table} WHERE 1 = 0`);',
    is: 'await manager.query(`SELECT ${columns} FROM ${table} WHERE (1 = 0 OR 1 = 1)`);',
    because: 'the columns are found all the same, and the rows are not used; it would only be slow',
  },
  {
    file: 'deliveries/claim.ts',
    was: '() => this.release(`id IN (${placeholders(ids)}) AND lease_token = ?`, [...ids, lease.token]),',
    is: '() => this.release(`(id IN (${placeholders(ids)}) OR 1 = 1) AND lease_token = ?`, [...ids, lease.token]),',
    because: 'the token was made for this claim; the ids only let the rows be found by their key',
  },
  {
    file: 'deliveries/claim.ts',
    was: "WHERE id IN (${placeholders(ids)}) AND status = 'pending' AND due_at <= ?`,",
    is: "WHERE id IN (${placeholders(ids)}) AND (status = 'pending' OR 1 = 1) AND due_at <= ?`,",
    because: 'a delivery that has ended has no due time',
  },
  {
    file: 'deliveries/claim.ts',
    was: 'WHERE delivery.id IN (${placeholders(ids)}) AND delivery.lease_token = ?`,',
    is: 'WHERE (delivery.id IN (${placeholders(ids)}) OR 1 = 1) AND delivery.lease_token = ?`,',
    because: 'the token was made for this claim; the ids only let the rows be found by their key',
  },
];
