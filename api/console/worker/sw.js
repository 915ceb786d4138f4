/*
 * Keeps the built page on the phone, so that it opens without network. Nothing of /api is ever answered from here:
 * what is known of lifts and visits the page keeps itself, with its age. FILES and VERSION are filled in by the build.
 */
const FILES = __FILES__;
const CACHE = "liftline-__VERSION__";
const PATIENCE = 3000; // ms; a network that swallows everything is no network

self.addEventListener("install", (event) => {
  // Every file of this build or none: half a page is worse than the old one.
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith("liftline-") && name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

const kept = (request) => caches.open(CACHE).then((cache) => cache.match(request, { ignoreSearch: true }));

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status < 500) return answer;
    return (await kept("./")) ?? answer;
  } catch (error) {
    const known = await kept("./");
    if (known) return known;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const scope = new URL(self.registration.scope);
  if (request.method !== "GET" || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length);
  if (request.mode === "navigate" && path === "") event.respondWith(page(request));
  else if (path.startsWith("assets/") || path === "favicon.svg") event.respondWith(kept(request).then((known) => known ?? fetch(request)));
});
