// Renews the page's content every few seconds. Nothing moves while somebody reads with the keyboard inside it,
// while the tab is hidden, or after "stop".
(() => {
  const EVERY_MS = 4000;
  const button = document.querySelector("[data-renew]");
  const content = document.getElementById("content");
  let going = true;
  button.hidden = false;
  button.addEventListener("click", () => {
    going = !going;
    button.textContent = going ? button.dataset.stop : button.dataset.goOn;
  });
  const renew = async () => {
    if (!going || document.hidden || content.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      content.replaceChildren(...page.getElementById("content").childNodes);
    } catch {
      // The service restarts: the next turn shows it again.
    }
  };
  setInterval(renew, EVERY_MS);
})();
