// Runs first in each page of the app, which has no server: its links, forms, fetch(), EventSource and WebSocket are passed
// to the page around this frame.

(() => {
  const app = new URL(document.baseURI);
  const waiting = new Map();  // id: what takes the messages of an exchange
  let last = 0;

  const tell = message => parent.postMessage(message, "*");
  const resolve = url => new URL(url, app);
  const target = url => url.pathname + url.search;

  function begin(message, take) {
    const id = ++last;
    waiting.set(id, take);
    tell({...message, id});
    return id;
  }

  addEventListener("message", ({data}) => waiting.get(data.id)?.(data));
  addEventListener("error", ({message}) => tell({do: "log", text: "page: " + message}));
  addEventListener("unhandledrejection", ({reason}) => tell({do: "log", text: "page: " + reason}));

  // Links and forms

  function go(url, request = {}) {
    if (url.origin != app.origin) return tell({do: "log", text: "a link to elsewhere: " + url});
    tell({do: "go", method: "GET", headers: [], ...request, path: target(url)});
  }

  addEventListener("click", event => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    const url = resolve(link.getAttribute("href"));
    if (url.hash && target(url) == target(app)) document.getElementById(url.hash.slice(1))?.scrollIntoView();
    else go(url);
  });

  async function submit(form, button) {
    const said = name => button?.getAttribute("form" + name) ?? form.getAttribute(name) ?? "";
    const url = resolve(said("action") || app);
    const entries = new FormData(form, button);
    const plain = new URLSearchParams([...entries].map(([name, value]) => [name, value.name ?? value]));
    if (said("method").toUpperCase() != "POST") {
      url.search = plain;
      return go(url);
    }
    const body = new Response(said("enctype") == "multipart/form-data" ? entries : plain);
    const headers = [["Content-Type", body.headers.get("Content-Type")]];
    go(url, {method: "POST", headers, body: new Uint8Array(await body.arrayBuffer())});
  }

  addEventListener("submit", event => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    submit(event.target, event.submitter);
  });
  HTMLFormElement.prototype.submit = function () { submit(this, null); };

  // fetch()

  const fetchElsewhere = window.fetch;
  window.fetch = async (input, options) => {
    const request = new Request(typeof input == "object" && "method" in input ? input : resolve(input), options);
    const url = new URL(request.url);
    if (url.origin != app.origin) return fetchElsewhere(request);
    const body = ["GET", "HEAD"].includes(request.method) ? null : new Uint8Array(await request.arrayBuffer());
    const asked = {do: "ask", method: request.method, path: target(url), headers: [...request.headers], body};
    const answer = await new Promise(resolve => begin(asked, resolve));
    if (answer.kind != "answer") throw new TypeError("Failed to fetch: " + answer.why);
    const {status, reason, headers} = answer;
    return new Response([101, 204, 205, 304].includes(status) ? null : answer.body, {status, statusText: reason, headers});
  };

  // EventSource and WebSocket

  class Source extends EventTarget {
    readyState = 0;

    emit(type, fields = {}) {
      const event = Object.assign(new Event(type), fields);
      this["on" + type]?.(event);
      this.dispatchEvent(event);
    }
  }

  window.EventSource = class EventSource extends Source {
    static AGAIN_MS = 3000;

    constructor(url) {
      super();
      this.url = String(resolve(url));
      this.open();
    }

    open() {
      if (this.readyState == 2) return;
      this.id = begin({do: "listen", path: target(new URL(this.url))}, said => {
        if (this.readyState == 2) return;
        if (said.kind == "open" && said.status == 200) {
          this.readyState = 1;
          this.emit("open");
        } else if (said.kind == "event") {
          this.emit(said.event, {data: said.data, lastEventId: said.last ?? ""});
        } else {
          this.readyState = said.kind == "closed" ? 0 : 2;
          this.emit("error");
          setTimeout(() => this.open(), EventSource.AGAIN_MS);
        }
      });
    }

    close() {
      this.readyState = 2;
      tell({do: "close", id: this.id});
    }
  };

  window.WebSocket = class WebSocket extends Source {
    static CONNECTING = 0; static OPEN = 1; static CLOSING = 2; static CLOSED = 3;
    binaryType = "blob";

    constructor(url, subprotocols = []) {
      super();
      const path = String(url).replace(/^\w+:\/\/[^/]*/, "");  // about:srcdoc has no host
      this.id = begin({do: "connect", path, subprotocols: [subprotocols].flat()}, said => {
        if (said.kind == "open") {
          this.readyState = 1;
          this.protocol = said.protocol ?? "";
          this.emit("open");
        } else if (said.kind == "message") {
          const bytes = typeof said.data == "string" ? null : new Uint8Array(said.data);
          this.emit("message", {data: !bytes ? said.data : this.binaryType == "blob" ? new Blob([bytes]) : bytes.buffer});
        } else if (this.readyState < 3) {
          this.readyState = 3;
          if (said.kind == "failed") this.emit("error");
          this.emit("close", {code: said.code ?? 1006, reason: said.reason ?? "", wasClean: said.kind == "closed"});
        }
      });
    }

    send(data) { tell({do: "send", id: this.id, text: data}); }

    close() {
      this.readyState = 2;
      tell({do: "close", id: this.id});
    }
  };
})();
