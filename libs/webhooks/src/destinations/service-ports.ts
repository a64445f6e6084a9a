/**
 * The ports of services that speak another protocol than HTTP, or that control machines and data, and are often open to their
 * own network without a password. No receiver of webhooks is there.
 */
export const SERVICE_PORTS: ReadonlySet<number> = new Set([
  // File transfer, shells, remote desktops
  20, 21, 22, 23, 69, 512, 513, 514, 873, 989, 990, 2049, 3389, 5900, 5985, 5986,
  // Mail
  25, 110, 143, 465, 587, 993, 995,
  // Names, directories, network management
  53, 88, 111, 123, 135, 137, 139, 161, 179, 389, 445, 636, 2181, 2379, 2380, 8500,
  // Databases and caches
  1433, 1521, 3306, 5432, 5984, 6379, 7000, 7001, 7474, 7687, 8086, 9042, 9200, 9300, 11211, 27017, 27018, 27019, 28015,
  33060,
  // Queues and chat
  119, 1883, 4222, 5222, 5671, 5672, 6667, 8883, 9092, 15672, 61613, 61616,
  // Containers and clusters
  2375, 2376, 2377, 4243, 6443, 10250, 10255,
]);
