// The database of this phone. Everything in it but counts and states is encrypted by vault.js before it comes here.

const NAME = "drugcheck-offline";
const VERSION = 1;
const STORES = { vault: { keyPath: "id" }, outbox: { keyPath: "n", autoIncrement: true }, kept: { keyPath: "name" } };

let opening = null;

/** The database; opened once. */
export function openStore() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options);
    };
    request.onsuccess = () => {
      const database = request.result;
      database.onversionchange = () => database.close();
      database.onclose = () => (opening = null);
      resolve(database);
    };
    request.onerror = () => reject(request.error);
  });
  opening.catch(() => (opening = null));
  return opening;
}

/** Whether this phone holds a database at all; looking does not make one. */
export async function storeExists() {
  if (!indexedDB.databases) return true; // browsers that cannot say: opening makes an empty one
  return (await indexedDB.databases()).some((one) => one.name === NAME);
}

/**
 * Runs `work(stores)` in one transaction; resolves with its value once that is on the disk ("strict"): what is shown as
 * kept has been written through, not only handed to the operating system.
 */
export async function write(names, work) {
  const database = await openStore();
  const transaction = database.transaction(names, "readwrite", { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
  });
  const value = work(...names.map((name) => transaction.objectStore(name)));
  await done;
  return value instanceof IDBRequest ? value.result : value;
}

/** The result of the request that `work(store)` makes. */
export async function read(name, work) {
  const database = await openStore();
  const request = work(database.transaction(name).objectStore(name));
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Everything gone, the key first: without it the rest is noise, whatever the disk still holds. */
export async function wipe() {
  await write(["vault", "outbox", "kept"], (vault, outbox, kept) => {
    vault.clear();
    outbox.clear();
    kept.clear();
  });
}

/** Tells the other pages of this phone that something changed, so that each shows the same counts. */
export const channel = new BroadcastChannel(NAME);
