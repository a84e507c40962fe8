// What stands packed in the page: words as JSON, numbers as bytes (helpers/build/dashboard.py packs them).

async function unpacked(id) {
  const letters = atob(document.getElementById(id).textContent);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

export function column(bytes, [offset, rows, width, step, digits]) {
  const values = new Float64Array(rows);
  const scale = 10 ** digits;
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    let code = 0;
    for (let plane = width - 1; plane >= 0; plane--) code = code * 256 + bytes[offset + plane * rows + i];
    if (code === 0) { values[i] = NaN; continue; }
    const signed = code - 1;
    const value = signed % 2 ? -(signed + 1) / 2 : signed / 2;
    sum = step ? sum + value : value;
    values[i] = sum / scale;
  }
  return values;
}

export async function load() {
  const [words, numbers] = await Promise.all(["words", "numbers"].map(unpacked));
  const head = JSON.parse(new TextDecoder().decode(words));
  const bytes = new Uint8Array(numbers);
  const columns = {};
  for (const [name, place] of Object.entries(head.columns)) columns[name] = column(bytes, place);
  return { head, columns };
}
