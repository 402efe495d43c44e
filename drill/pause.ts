/** Time passes: the length of a fault, or the pace of looks; not a wait for something to happen. */
export function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
