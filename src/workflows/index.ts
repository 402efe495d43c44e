export { deadLetter } from "./dead-letter.ts";
export { deliverWebhook } from "./deliver-webhook.ts";
export { discoverJob } from "./discover-job.ts";
export { discoverShard } from "./discover-shard.ts";
export { evaluateJob } from "./evaluate-job.ts";
export { sweep } from "./sweep.ts";
export { tgefdJob } from "./tgefd-job.ts";
