// Decodes QR codes where the browser has no decoder of its own. It runs apart from the pages so that the right to
// compile WebAssembly is given to this file alone (api/headers.py): a worker obeys the policy it was served with.
"use strict";

importScripts("vendor/zxing-reader-3.1.4.js");

ZXingWASM.prepareZXingModule({
  overrides: { locateFile: () => new URL("vendor/zxing-reader-3.1.4.wasm", self.location.href).href },
});

self.addEventListener("message", async (event) => {
  const { id, pixels } = event.data;
  try {
    const found = await ZXingWASM.readBarcodes(pixels, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
    self.postMessage({ id, text: found.find((one) => one.isValid)?.text ?? null });
  } catch (error) {
    self.postMessage({ id, text: null, failed: String(error) });
  }
});
