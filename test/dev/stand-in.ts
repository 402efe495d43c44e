// Stands in for a worker or a gateway: serves every path on its port with what it was given, until it is told to stop.
import { createServer } from "node:http";

const isWorker = process.argv.includes("--pool");
const port = Number(isWorker ? process.env.ORRERY_WORKER_PORT : process.env.ORRERY_PORT);
const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, ORRERY_DATA_DIR, ORRERY_TEMPORAL_UI_URL } = process.env;
const told = {
  pid: process.pid,
  argv: process.argv.slice(2),
  TEMPORAL_ADDRESS,
  TEMPORAL_NAMESPACE,
  ORRERY_DATA_DIR,
  ORRERY_TEMPORAL_UI_URL,
};

createServer((_request, reply) => void reply.end(JSON.stringify(told))).listen(port, "127.0.0.1");
process.stdout.write(`${isWorker ? "worker" : "gateway"} ${process.pid} listens\n`);
for (const event of ["SIGTERM", "disconnect"]) process.on(event, () => process.exit(0));
