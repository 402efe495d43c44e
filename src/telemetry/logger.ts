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
      // Without these an error has no text: ours are called cause, those of the server's library error.
      serializers: { cause: pino.stdSerializers.err, error: pino.stdSerializers.err },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
