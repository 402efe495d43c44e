import type { History } from "@temporalio/common/lib/proto-utils.js";

export type HistoryEvent = NonNullable<History["events"]>[number];

export interface Page<T> {
  items: T[];
  /** Empty at the end of the list. */
  nextPageToken: Uint8Array;
}
