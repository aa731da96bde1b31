// What the worker tells the thread that watches it: [inputs so far, length and version of the last], and its bytes.

export const INPUT_SIZE = 4_096;

export function viewsOf(memory) {
  return { state: new Int32Array(memory, 0, 3), input: new Uint8Array(memory, 16) };
}

export function createProgress(memory) {
  const { state, input } = viewsOf(memory);
  return (bytes, version) => {
    const length = Math.min(bytes.length, INPUT_SIZE);
    input.set(length === bytes.length ? bytes : bytes.subarray(0, length));
    state[1] = length;
    state[2] = version ?? 0;
    Atomics.add(state, 0, 1);
  };
}
