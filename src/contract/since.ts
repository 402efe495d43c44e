import { z } from "zod";

const time = z.iso.datetime({ offset: true }).or(z.iso.date());

/** The beginning of a list: a time, or a date for its beginning in UTC. */
export const since = z
  .string()
  .refine((text) => time.safeParse(text).success, {
    abort: true,
    error: "must be a time such as 2026-01-31T12:00:00Z, or a date such as 2026-01-31",
  })
  .refine(isFourDigitYear, "must be a time in the years 0000 to 9999 of UTC, such as 2026-01-31T12:00:00Z");

/** An offset can move a time out of the four digits that the server's index reads. */
function isFourDigitYear(text: string): boolean {
  const year = new Date(text).getUTCFullYear();
  return year >= 0 && year <= 9_999;
}
