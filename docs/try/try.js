// The page: an editor, the worker in which the app runs, a frame with what it answers. PICOWEB (parts.js) is what the
// page is made of: {version, engine, wasm, library, worker, frame, examples}, made by docs/try_page.py.

const ANSWER_S = 6;  // more than the test client waits
const REDIRECTS = 10;
const LINES = 500;  // of the log
const ORIGIN = "http://app.invalid";  // of the app's pages: a link to it never leaves the frame

const at = Object.fromEntries([...document.querySelectorAll("[id]")].map(element => [element.id, element]));
let files = {};  // of the app: text by name
let shown = "app.py";  // the file in the editor
let faulty = 0;  // the line of app.py where the last error was, 0 for none
let run = null;  // the worker
let last = 0;
const exchanges = new Map();  // id: what takes the worker's messages
let streams = new Map();  // the frame's id: ours

// The editor

function number() {
  const lines = at.source.value.split("\n").map((_, n) => {
    const line = document.createElement("span");
    line.textContent = n + 1;
    if (n + 1 == faulty && shown == "app.py") line.className = "bad";
    return line;
  });
  at.numbers.replaceChildren(...lines.flatMap(line => [line, "\n"]));
  at.numbers.scrollTop = at.source.scrollTop;
}

function open(name) {
  shown = at.file.value = name;
  at.source.value = files[name];
  at.source.scrollTop = at.source.scrollLeft = 0;
  number();
}

function edit(example) {
  files = {"app.py": example.text, ...example.files};
  at.file.replaceChildren(...Object.keys(files).map(name => new Option(name)));
  at.files.hidden = Object.keys(files).length < 2;
  at.examples.value = example.name;
  at.from.href = "../" + example.page;
  at.from.hidden = !example.page;
  at.path.value = example.path;
  faulty = 0;
  open("app.py");
}

function goTo(line) {
  open("app.py");
  const lines = at.source.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1);
  at.source.focus();
  at.source.setSelectionRange(start, start + lines[line - 1].length);
  at.source.scrollTop = (line - 4) * parseFloat(getComputedStyle(at.source).lineHeight);
}

// The log

function log(text, bad = false) {
  const line = document.createElement("div");
  const found = text.match(/^(.*)File "(?:\/app\/)?app\.py", line (\d+)(.*)$/);
  if (found) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "app.py, line " + found[2];
    button.onclick = () => goTo(Number(found[2]));
    line.append(found[1], button, found[3]);
    faulty = Number(found[2]);
    number();
  } else {
    line.append(text);
  }
  line.className = bad || found || /^(Traceback|  File )|^picoweb: .*Traceback|^\w*(Error|Exception)\b/.test(text) ? "bad" : "";
  at.log.append(line);
  while (at.log.children.length > LINES) at.log.firstChild.remove();
  at.log.scrollTop = at.log.scrollHeight;
}

const counted = n => n.toLocaleString("en") + (n == 1 ? " byte" : " bytes");

// The worker

const bytes = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0));
const source = text => URL.createObjectURL(new Blob([text], {type: "text/javascript"}));

function stop(why) {
  run?.terminate();
  run = null;
  if (why) log(why, true);
  for (const take of exchanges.values()) take({kind: "failed", why: why || "the app was stopped"});
  exchanges.clear();
}

function start() {
  stop();
  at.log.replaceChildren();
  streams.clear();
  faulty = 0;
  number();
  at.heap.value = "none";
  at.status.textContent = "No answer yet";
  at.head.textContent = at.frame.srcdoc = "";
  const worker = run = new Worker(source(PICOWEB.engine + "\n" + PICOWEB.worker));
  const library = Object.fromEntries(Object.entries(PICOWEB.library).map(([name, content]) => [name, bytes(content)]));
  let slow;
  worker.onmessage = ({data}) => {
    if (worker != run) return;
    if (data.kind == "begun") {
      slow = setTimeout(() => worker == run && stop(`app.py did not end in ${ANSWER_S} s, and was stopped`), ANSWER_S * 1000);
    }
    if (data.kind == "print") log(data.text);
    if ("heap" in data) at.heap.value = counted(data.heap);
    if (data.kind == "ready" || data.kind == "broken") clearTimeout(slow);
    if (data.kind == "ready") {
      log(`The app is loaded: it takes ${counted(data.app)} of heap, MicroPython with picoweb and its test client ` +
          counted(data.heap - data.app));
      go({method: "GET", path: at.path.value, headers: []});
    } else if (data.kind == "broken") {
      log("The app was not loaded", true);
    } else if (data.kind == "failed" && !exchanges.has(data.id)) {
      log(data.why, true);
    }
    exchanges.get(data.id)?.(data);
  };
  worker.onerror = event => stop("MicroPython ended: " + event.message);
  worker.postMessage({do: "start", wasm: bytes(PICOWEB.wasm), library, files});
}

function begin(message, take) {
  const id = ++last;
  exchanges.set(id, take);
  run.postMessage({...message, id});
  return id;
}

// Asks the app; the promise is of {kind: "answer", status, reason, headers, body} or {kind: "failed", why}.
function ask({method, path, headers, body}) {
  if (!run) return Promise.resolve({kind: "failed", why: "the app does not run"});
  return new Promise(resolve => {
    const late = setTimeout(() => stop(`${method} ${path}: no answer in ${ANSWER_S} s, the app was stopped`), ANSWER_S * 1000);
    const id = begin({do: "ask", method, path, headers, body}, answer => {
      clearTimeout(late);
      exchanges.delete(id);
      if (answer.kind == "answer") log(`${method} ${path} ${answer.status} ${answer.reason}, ${counted(answer.body.length)}`);
      resolve(answer);
    });
  });
}

// The frame

const field = (answer, name) => answer.headers.find(([key]) => key.toLowerCase() == name)?.[1] ?? "";
const dataURL = answer => new Promise(resolve => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.readAsDataURL(new Blob([answer.body], {type: field(answer, "content-type").split(";")[0]}));
});

async function go(request, redirects = 0) {
  const worker = run;
  for (const id of streams.values()) run?.postMessage({do: "close", id});
  streams.clear();
  const answer = await ask(request);
  if (worker != run && run) return;  // the app was run anew meanwhile
  if (answer.kind != "answer") {
    at.status.textContent = "No answer: " + answer.why;
    return;
  }
  const where = answer.status >= 300 && answer.status < 400 && field(answer, "location");
  if (where && redirects < REDIRECTS) {
    const url = new URL(where, ORIGIN + request.path);
    if (url.origin == ORIGIN || url.hostname == "127.0.0.1") {
      const kept = answer.status >= 307 ? {...request} : {method: "GET", headers: []};
      return go({...kept, path: url.pathname + url.search}, redirects + 1);
    }
  }
  at.path.value = request.path;
  at.status.textContent = `${answer.status} ${answer.reason}, ${counted(answer.body.length)}`;
  at.head.textContent = [`HTTP/1.1 ${answer.status} ${answer.reason}`, ...answer.headers.map(pair => pair.join(": "))].join("\n");
  at.frame.srcdoc = await page(answer, request.path);
}

// An answer as the frame's document. What a page loads with it is put into it.
async function page(answer, path) {
  const type = field(answer, "content-type");
  const text = new TextDecoder().decode(answer.body);
  if (type.startsWith("image/")) return `<img alt="" src="${await dataURL(answer)}">`;
  if (!type.startsWith("text/html")) {
    const holder = document.createElement("pre");
    const readable = /^text\/|json|javascript|^$/.test(type);
    holder.textContent = readable ? text : `${counted(answer.body.length)} of ${type}`;
    return '<meta charset="utf-8"><style>:root { color-scheme: light dark }</style>' + holder.outerHTML;
  }
  const made = new DOMParser().parseFromString(text, "text/html");
  const base = document.createElement("base");
  base.href = ORIGIN + path;
  const script = document.createElement("script");
  script.textContent = PICOWEB.frame;
  made.head.prepend(base, script);
  const loaded = [...made.querySelectorAll("link[rel=stylesheet][href], script[src], img[src]")];
  await Promise.all(loaded.map(element => load(element, path)));
  return "<!doctype html>" + made.documentElement.outerHTML;
}

async function load(element, path) {
  const name = element.localName == "link" ? "href" : "src";
  const url = new URL(element.getAttribute(name), ORIGIN + path);
  if (url.origin != ORIGIN) return;
  const answer = await ask({method: "GET", path: url.pathname + url.search, headers: []});
  if (answer.kind != "answer" || answer.status != 200) return;
  const text = () => new TextDecoder().decode(answer.body);
  if (name == "src" && element.localName == "img") {
    element.src = await dataURL(answer);
  } else if (element.localName == "script") {
    element.removeAttribute("src");
    element.textContent = text().replaceAll("</script", "<\\/script");
  } else {
    const style = document.createElement("style");
    style.textContent = text();
    element.replaceWith(style);
  }
}

addEventListener("message", async ({source, data}) => {
  if (source != at.frame.contentWindow || !run) return;
  const answer = said => source.postMessage({...said, id: data.id}, "*");
  if (data.do == "go") go(data);
  else if (data.do == "log") log(data.text);
  else if (data.do == "ask") answer(await ask(data));
  else if (data.do == "listen" || data.do == "connect") streams.set(data.id, begin(data, answer));
  else if (data.do == "send") run.postMessage({do: "send", id: streams.get(data.id), text: data.text});
  else if (data.do == "close") run.postMessage({do: "close", id: streams.get(data.id)});
});

// What is typed and chosen

at.source.oninput = () => {
  files[shown] = at.source.value;
  faulty = 0;
  number();
};
at.source.onscroll = () => at.numbers.scrollTop = at.source.scrollTop;
at.source.onkeydown = event => {
  if (event.key == "Enter" && (event.ctrlKey || event.metaKey)) start();
};
at.file.onchange = () => open(at.file.value);
at.examples.onchange = () => {
  edit(PICOWEB.examples.find(({name}) => name == at.examples.value));
  start();
};
at.run.onclick = start;
at.method.onchange = () => at["has-body"].hidden = ["GET", "HEAD", "OPTIONS", "DELETE"].includes(at.method.value);
at.request.onsubmit = event => {
  event.preventDefault();
  if (!run) return log("The app does not run: Run starts it", true);
  const body = at["has-body"].hidden ? "" : at.body.value;
  const type = /^\s*[[{]/.test(body) ? "application/json" : "application/x-www-form-urlencoded";
  go({
    method: at.method.value, path: at.path.value.replace(/^(?!\/)/, "/"),
    headers: body ? [["Content-Type", type]] : [], body: body ? new TextEncoder().encode(body) : null,
  });
};

const chosen = new URLSearchParams(location.search);
const example = PICOWEB.examples.find(({name}) => name == chosen.get("app")) ?? PICOWEB.examples[0];
at.examples.replaceChildren(...PICOWEB.examples.map(({name, title}) => new Option(title, name)));
edit({...example, path: chosen.get("path") ?? example.path});
if (PICOWEB.engine) {
  at.version.textContent = "MicroPython " + PICOWEB.version;
  start();
} else {
  at.run.disabled = true;
  log(PICOWEB.missing, true);
}
