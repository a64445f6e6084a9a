import { NIL } from 'uuid';

/**
 * The lease token of what nobody has claimed. Not NULL, which takes no room in a row: MySQL and MariaDB fill their pages as
 * rows come in, and a row that grows when it is leased has to be moved, which makes the lease three times as dear.
 */
export const NO_LEASE = NIL;
