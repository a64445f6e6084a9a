/**
 * Leases rows and reads them. If that fails, the rows are given back. The statement that leased them may have been committed,
 * although its answer was lost, and then nobody else could work on them until the lease ends.
 *
 * @param giveBack ends the lease. If it fails, too, the database is away, and the lease ends by itself
 * @throws whatever `work` throws
 */
export async function orGiveBack<Result>(
  work: () => Promise<Result>,
  giveBack: () => Promise<unknown>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await giveBack().catch(() => undefined);
    throw error;
  }
}
