// Sends a file as it is, with the token of the page's session, and shows the page that answers. It decides nothing.
"use strict";
(() => {
  async function send(form) {
    const { file, why, form_token: token } = form.elements, picked = file.files[0];
    const headers = { "content-type": picked.type || "application/octet-stream", "x-form-token": token.value };
    const to = form.dataset.upload + "?" + new URLSearchParams({ why: why.value });
    const answer = await fetch(to, { method: "PUT", body: picked, headers });
    if (answer.redirected) { location.assign(answer.url); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    document.getElementById("refusal")?.focus();
    bind();
  }

  function bind() {
    for (const form of document.querySelectorAll("form[data-upload]")) {
      const button = form.querySelector("button"), said = form.querySelector("[role=status]");
      button.disabled = false;
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        button.disabled = true;
        said.textContent = form.dataset.sending;
        try {
          await send(form);
        } catch {
          said.textContent = form.dataset.lost;
          button.disabled = false;
        }
      });
    }
  }

  bind();
})();
