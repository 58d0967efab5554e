"use strict";

// Parts that change are fetched again every two seconds; without this script, by loading the page again.
const INTERVAL = 2000;

for (const part of document.querySelectorAll("[data-refresh]")) {
  let shown = null;
  const refresh = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(part.dataset.refresh);
        const html = await answer.text();
        // What is the same stays, with what somebody has selected in it.
        if (answer.ok && html !== shown) {
          part.innerHTML = html;
          shown = html;
        }
        part.classList.toggle("old", !answer.ok);
      } catch {
        part.classList.add("old");
      }
    }
    setTimeout(refresh, INTERVAL);
  };
  setTimeout(refresh, INTERVAL);
}
