/**
 * Processor seconds of this thread (Node 23.9 and later). On a quiet machine they equal the time on the wall; on a shared one
 * they are the figure that can be compared.
 */
export function processorSeconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1e6;
}
