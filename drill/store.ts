/** The artifact store of a stage, and what can be done to it. */
export interface StageStore {
  /** Settings by which processes find it. */
  env: NodeJS.ProcessEnv;
  /** Directory in which its files lie, whatever is in front of it. */
  folder: string;
  /** Each takes some seconds, ends as it began, and resolves to the proof that it happened. */
  troubles: readonly { name: string; strike(): Promise<string> }[];
  /** Whether a file gets its name by a link, at which its process can be killed. */
  renames: boolean;
  /** Troubles that cannot be made here, and why. */
  leftOut: readonly string[];
  close(): Promise<void>;
}
