// The worker: MicroPython with picoweb in its files, and the app beside them. MicroPython's own script stands before this
// one; `loader` is a promise of its loadMicroPython(). Messages come with {do: NAME, ...} and go with {kind: NAME, ...}.

let micropython, serve;

const COMMANDS = {
  async start({wasm, library, files}) {
    const say = kind => text => postMessage({kind, text});
    const url = URL.createObjectURL(new Blob([wasm], {type: "application/wasm"}));
    micropython = await (await loader)({url, heapsize: 256 * 1024, stdout: say("print"), stderr: say("print")});
    micropython.FS.mkdir("/wire");
    for (const [name, content] of Object.entries(library)) write("/lib/" + name, content);
    for (const [name, content] of Object.entries(files)) write("/app/" + name, content);
    micropython.registerJsModule("page", {tell: text => told(JSON.parse(text))});
    micropython.runPython('import gc, os, sys; sys.path[:] = ["/app", ".frozen", "/lib"]; os.chdir("/app")');
    serve = micropython.pyimport("serve");
    const before = heap();
    postMessage({kind: "begun"});
    const works = serve.load();
    postMessage({kind: works ? "ready" : "broken", heap: heap(), app: heap() - before});
  },

  ask({id, method, path, headers, body}) {
    if (body) micropython.FS.writeFile("/wire/" + id, body);
    serve.ask(id, JSON.stringify({method, path, headers, body: Boolean(body)}));
  },

  listen({id, path}) { serve.listen(id, path); },
  connect({id, path, subprotocols}) { serve.connect(id, path, JSON.stringify(subprotocols)); },
  send({id, text}) { serve.send(id, text); },
  close({id}) { serve.close(id); },
};

function write(path, content) {
  const folders = path.split("/").slice(1, -1);
  folders.reduce((above, name) => {
    const folder = above + "/" + name;
    if (!micropython.FS.analyzePath(folder).exists) micropython.FS.mkdir(folder);
    return folder;
  }, "");
  micropython.FS.writeFile(path, content);
}

// Bytes in use. MicroPython collects between the calls from JavaScript only.
function heap() {
  micropython.runPython("gc.collect()");
  micropython.runPython("in_use = gc.mem_alloc()");
  return micropython.globals.get("in_use");
}

// What the app's side reports: passed on, the body of an answer and the heap with it.
function told(said) {
  if (said.kind == "answer") {
    const file = "/wire/" + said.id;
    said.body = micropython.FS.readFile(file);
    micropython.FS.unlink(file);
  }
  postMessage(said);
  if (said.kind == "answer" || said.kind == "failed") setTimeout(() => postMessage({kind: "heap", heap: heap()}));
}

onmessage = async ({data}) => {
  try {
    await COMMANDS[data.do](data);
  } catch (error) {
    postMessage({kind: "failed", id: data.id, why: String(error)});
  }
};
