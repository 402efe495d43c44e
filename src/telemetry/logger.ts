import { type Logger, pino } from "pino";

export type { Logger };

/** Keys whose values never reach a log line, at any depth that the code writes. */
const SECRETS = ["authorization", "cookie", "apiKey", "token", "password", "secret", "*.authorization", "*.cookie", "*.apiKey", "*.token"];

/**
 * JSON lines on standard error, so that standard output stays free for results. Bodies, rows and formulas are never
 * logged, only ids and codes.
 */
export function createLogger(options: { level: string; process: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { process: options.process },
      redact: { paths: SECRETS, censor: "[redacted]" },
      // Our own lines call an error cause, those of the server's library error.
      serializers: { err: written, error: written, cause: written },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** An error's text and where it came from. What libraries hang on to it, such as a request with its headers, stays out. */
function written(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack };
}
