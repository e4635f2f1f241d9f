async function showStatus() {
  const status = await (await fetch("/status")).json();
  document.getElementById("status").textContent = `${status.notes} notes, up for ${status.seconds} s`;
}

showStatus();
setInterval(showStatus, 5000);
