// The page that waits for a report opens it by itself; without this, its link does.
const waiting = document.querySelector("[data-report-state]");
const look = async () => {
  try {
    const response = await fetch(waiting.dataset.reportState, { headers: { Accept: "application/json" } });
    if (!response.ok || response.redirected) return;
    if ((await response.json()).ready) {
      window.location.reload();
      return;
    }
  } catch {
    // Without a connection it is asked again.
  }
  window.setTimeout(look, 2000);
};
if (waiting) window.setTimeout(look, 1000);
