"use strict";

async function show() {
    const answer = await fetch("board");
    if (!answer.ok) return;
    for (const [name, value] of Object.entries(await answer.json())) {
        document.getElementById(name).textContent = value;
    }
}

show();
setInterval(show, 5000);
