import { NIL } from 'uuid';

/**
 * The lease token of what nobody has claimed. Not NULL, which takes no room in a row: MySQL and MariaDB fill their pages as
 * rows come in, so that rows which grow when they are leased have to be moved: a lease would be three times as dear.
 */
export const NO_LEASE = NIL;
