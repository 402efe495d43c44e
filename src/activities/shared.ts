type Numbers = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** The same plain data with its arrays of numbers in memory that all threads share; one array stays one. */
export function shared<T>(data: T): T {
  const known = new Map<Numbers, Numbers>();
  const copied = (value: unknown): unknown => {
    if (isNumbers(value)) {
      const copy = known.get(value) ?? inSharedMemory(value);
      known.set(value, copy);
      return copy;
    }
    if (Array.isArray(value)) return value.map(copied);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copied(part)]));
  };
  return copied(data) as T;
}

/** Bytes of all arrays of numbers in plain data, each counted once. */
export function bytesOf(data: unknown): number {
  const buffers = new Set<ArrayBufferLike>();
  const visit = (value: unknown): void => {
    if (isNumbers(value)) buffers.add(value.buffer);
    else if (value !== null && typeof value === "object") Object.values(value).forEach(visit);
  };
  visit(data);
  return [...buffers].reduce((total, { byteLength }) => total + byteLength, 0);
}

function isNumbers(value: unknown): value is Numbers {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function inSharedMemory(numbers: Numbers): Numbers {
  const Type = numbers.constructor as new (buffer: SharedArrayBuffer) => Numbers;
  const copy = new Type(new SharedArrayBuffer(numbers.byteLength));
  copy.set(numbers);
  return copy;
}
