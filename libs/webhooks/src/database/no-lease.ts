import { NIL } from 'uuid';

/**
 * The lease token of what nobody has claimed. Not NULL, which takes no room in a row: MySQL and MariaDB fill their pages as
 * rows come in, so that rows which grow when they are leased have to be moved, at twice the cost of the lease itself.
 */
export const NO_LEASE = NIL;
