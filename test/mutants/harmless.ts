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
  {
    file: 'dispatch/receiver-health.repository.ts',
    was: `await this.change(webhookId, 'failing_since = NULL', [], 'failing_since IS NOT NULL', []);`,
    is: `await this.change(webhookId, 'failing_since = NULL', [], '(failing_since IS NOT NULL OR 1 = 1)', []);`,
    because: 'it only avoids writing null over null',
  },
  {
    file: 'maintenance/delivery-retention.ts',
    was: `const ENDED = "id = ? AND status <> 'pending'";`,
    is: `const ENDED = "id = ? AND (status <> 'pending' OR 1 = 1)";`,
    because: 'only deliveries that have ended are passed, and one that has ended never changes again',
  },
  {
    file: 'maintenance/delivery-retention.ts',
    was: 'WHERE id > ? AND id < ? ORDER BY id LIMIT ${PAGE_ROWS}`,',
    is: 'WHERE id > ? AND (id < ? OR 1 = 1) ORDER BY id LIMIT ${PAGE_ROWS}`,',
    because: 'younger deliveries are not old; they would only be read',
  },
  {
    file: 'maintenance/event-retention.ts',
    was: `const ENDED = "sequence = ? AND status <> 'pending' AND status <> 'triggered'";`,
    is: `const ENDED = "sequence = ? AND (status <> 'pending' OR 1 = 1) AND status <> 'triggered'";`,
    because: 'only events that have ended are passed, and one that has ended never changes again',
  },
  {
    file: 'maintenance/event-retention.ts',
    was: `const ENDED = "sequence = ? AND status <> 'pending' AND status <> 'triggered'";`,
    is: `const ENDED = "sequence = ? AND status <> 'pending' AND (status <> 'triggered' OR 1 = 1)";`,
    because: 'only events that have ended are passed, and one that has ended never changes again',
  },
  {
    file: 'maintenance/event-retention.ts',
    was: 'WHERE payload.event_id IN (${placeholders(events)})`,',
    is: 'WHERE (payload.event_id IN (${placeholders(events)}) OR 1 = 1)`,',
    because:
      'a payload without a delivery is never used again; those of other events would only be removed sooner, by a longer search',
  },
  {
    file: 'subscriptions/webhook-connections.service.ts',
    was: 'where: { id: In(members.map(({ webhookId }) => webhookId)), connectionId: Not(id), deletedAt: IsNull() },',
    is: 'where: { id: In(members.map(({ webhookId }) => webhookId)), connectionId: Not(id),  },',
    because: 'deleting a webhook removes its connections, so none of those that were found is deleted',
  },
  {
    file: 'deliveries/lanes.ts',
    was: "WHERE id IN (${placeholders(ids)}) AND status = 'pending' AND lease_token = '${NO_LEASE}'`,",
    is: "WHERE id IN (${placeholders(ids)}) AND status = 'pending' AND (lease_token = '${NO_LEASE}' OR 1 = 1)`,",
    because: 'both callers have locked the deliveries, and pass none that is leased',
  },
  {
    file: 'deliveries/lanes.ts',
    was: 'WHERE webhook.id IN (${placeholders([...webhookIds])})',
    is: 'WHERE (webhook.id IN (${placeholders([...webhookIds])}) OR 1 = 1)',
    because: 'no delivery of another webhook is among those that ended; it would only search longer',
  },
  {
    file: 'deliveries/settle.ts',
    was: 'WHERE delivery_id IN (${placeholders(ids)})`,',
    is: 'WHERE (delivery_id IN (${placeholders(ids)}) OR 1 = 1)`,',
    because: 'attempts of other deliveries are not looked for; they would only be read',
  },
  {
    file: 'fan-out/audience.ts',
    was: ".innerJoin(WebhookConnection, 'member', 'member.webhookId = webhook.id')",
    is: ".innerJoin(WebhookConnection, 'member', '(member.webhookId = webhook.id OR 1 = 1)')",
    because:
      'the memberships are grouped by their webhook afterwards, and one without any is left out; it would only be slow',
  },
  {
    file: 'fan-out/audience.ts',
    was: "if (connections.length <= MOST_NAMED) query.andWhere('member.connectionId IN (:...connections)', { connections });",
    is: "if (connections.length <= MOST_NAMED) query.andWhere('(member.connectionId IN (:...connections) OR 1 = 1)', { connections });",
    because: 'each event picks its own audience afterwards, as it must when there are too many connections to name',
  },
  {
    file: 'fan-out/event-claims.ts',
    was: "WHERE candidate.status = 'pending' AND candidate.due_at <= ?",
    is: "WHERE candidate.status = 'pending' AND (candidate.due_at <= ? OR 1 = 1)",
    because: 'what is due comes first, and the statement that leases leaves the rest alone',
  },
  {
    file: 'fan-out/event-queue.ts',
    was: "WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'pending'`,",
    is: "WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND (status = 'pending' OR 1 = 1)`,",
    because: 'an event that has ended has no lease, and no other claim has this token',
  },
  {
    file: 'fan-out/event-queue.ts',
    was: "WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'pending' FOR UPDATE`,",
    is: "WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND (status = 'pending' OR 1 = 1) FOR UPDATE`,",
    because: 'an event that has ended has no lease, and no other claim has this token',
  },
  {
    file: 'fan-out/event-queue.ts',
    was: "WHERE sequence = ? AND lease_token = ? AND status = 'pending'`,",
    is: "WHERE sequence = ? AND lease_token = ? AND (status = 'pending' OR 1 = 1)`,",
    because: 'an event that has ended has no lease, and no other claim has this token',
  },
  {
    file: 'fan-out/event-queue.ts',
    was: "WHERE ${condition} AND status = '${status}' AND lease_token = ?`,",
    is: "WHERE ${condition} AND (status = '${status}' OR 1 = 1) AND lease_token = ?`,",
    because:
      'an event has the token only in the status in which it was claimed; the status lets the index of the resource be used',
  },
  {
    file: 'fan-out/triggered-fan-out.ts',
    was: '`SELECT id FROM ${this.database.table(WebhookDelivery)} WHERE id IN (${placeholders(events)})`,',
    is: '`SELECT id FROM ${this.database.table(WebhookDelivery)} WHERE (id IN (${placeholders(events)}) OR 1 = 1)`,',
    because: 'only the ids of its own events are looked for among those found; it would only be slow',
  },
  {
    file: 'fan-out/triggered-fan-out.ts',
    was: "WHERE resource_key IN (${placeholders(resourceKeys)}) AND status = 'pending' AND lease_token <> '${NO_LEASE}'`,",
    is: "WHERE resource_key IN (${placeholders(resourceKeys)}) AND (status = 'pending' OR 1 = 1) AND lease_token <> '${NO_LEASE}'`,",
    because: 'besides the pending ones, only triggered events have a lease, and waiting for those too changes no order',
  },
  {
    file: 'fan-out/triggered-fan-out.ts',
    was: "WHERE resource_key IN (${placeholders(resourceKeys)}) AND status = 'pending' AND lease_token <> '${NO_LEASE}'`,",
    is: "WHERE resource_key IN (${placeholders(resourceKeys)}) AND status = 'pending' AND (lease_token <> '${NO_LEASE}' OR 1 = 1)`,",
    because: 'no transaction of fan-out holds an event that nobody has claimed, so its lock is free at once',
  },
  {
    file: 'fan-out/triggered-fan-out.ts',
    was: "WHERE candidate.status = 'triggered' AND candidate.due_at <= ?",
    is: "WHERE candidate.status = 'triggered' AND (candidate.due_at <= ? OR 1 = 1)",
    because: 'what is due comes first, and the statement that leases leaves the rest alone',
  },
  {
    file: 'fan-out/triggered-fan-out.ts',
    was: 'WHERE sequence IN (${placeholders(sequences)}) AND lease_token = ? ORDER BY sequence`,',
    is: 'WHERE (sequence IN (${placeholders(sequences)}) OR 1 = 1) AND lease_token = ? ORDER BY sequence`,',
    because: 'the token was made for this claim; the sequences only let the rows be found by their key',
  },
  {
    file: 'fan-out/triggered-fan-out.ts',
    was: "WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'triggered'`,",
    is: "WHERE (sequence IN (${placeholders(events)}) OR 1 = 1) AND lease_token = ? AND status = 'triggered'`,",
    because: 'the token was made for this claim, all of whose events are completed together',
  },
  {
    file: 'fan-out/triggered-fan-out.ts',
    was: "WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'triggered'`,",
    is: "WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND (status = 'triggered' OR 1 = 1)`,",
    because: 'an event that has ended has no lease, and no other claim has this token',
  },
];
