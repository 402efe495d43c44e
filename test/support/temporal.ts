import { join } from "node:path";
import { Connection } from "@temporalio/client";
import { serverArguments } from "../../src/dev/temporal.ts";
import { type Child, startChild, until } from "./child.ts";
import { freePort } from "./ports.ts";

export interface TemporalServer {
  address: string;
  uiUrl: string;
  child: Child;
  stop(): Promise<void>;
}

export interface TemporalStart {
  binary: string;
  folder: string;
  port?: number;
  /** Dynamic configuration beside that of the embedded default, as `key=JSON`. */
  settings?: readonly string[];
}

/** A Temporal server with the settings of the embedded default, its data in `folder`. */
export async function startTemporal(options: TemporalStart): Promise<TemporalServer> {
  const port = options.port ?? (await freePort());
  const uiPort = await freePort();
  const args = serverArguments({ database: join(options.folder, "temporal.db"), port, uiPort, sync: "normal", namespace: "default" });
  const more = (options.settings ?? []).flatMap((setting) => ["--dynamic-config-value", setting]);
  const child = startChild(options.binary, [...args, ...more]);
  const address = `127.0.0.1:${port}`;
  await until(`the Temporal server at ${address}`, async () => {
    if (child.process.exitCode !== null) throw new Error(`the server ended:\n${child.output()}`);
    const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => undefined);
    await connection?.close();
    return connection && true;
  });
  return {
    address,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    child,
    async stop() {
      await child.end("SIGTERM");
    },
  };
}
