export { deliverWebhook } from "./deliver-webhook.ts";
export { discoverJob } from "./discover-job.ts";
export { discoverShard } from "./discover-shard.ts";
export { evaluateJob } from "./evaluate-job.ts";
export { tgefdJob } from "./tgefd-job.ts";
