// Makes the desk easier. Every form works without it, but for passkeys, which browsers offer to scripts only.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// A form with data-passkey asks the browser for a passkey and sends its answer along.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const field = form.querySelector("input[data-options]");
  if (!field || !field.dataset.options || !window.PublicKeyCredential) continue;
  const part = field.closest(".with-script");
  part.hidden = false;
  const failed = part.querySelector("[data-failed]");
  form.addEventListener("submit", async (event) => {
    const asks = form.dataset.passkey === "get" || (event.submitter && "ask" in event.submitter.dataset);
    if (!asks || field.value) return;
    event.preventDefault();
    try {
      const publicKey = JSON.parse(field.dataset.options);
      publicKey.challenge = bytes(publicKey.challenge);
      if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
      for (const known of publicKey.excludeCredentials || []) known.id = bytes(known.id);
      const made = form.dataset.passkey === "get"
        ? await navigator.credentials.get({ publicKey })
        : await navigator.credentials.create({ publicKey });
      const response = {};
      for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
        if (made.response[name]) response[name] = text(made.response[name]);
      }
      field.value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: made.getClientExtensionResults() });
      form.submit();
    } catch {
      failed.textContent = failed.dataset.failed;
      failed.hidden = false;
    }
  });
}

// A form with data-autosave saves itself while somebody types: at most three seconds are ever unsaved.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const said = form.querySelector("[data-saved]");
  let timer = 0, saving = false, changed = false, stopped = false;
  const save = async () => {
    timer = 0;
    if (saving || stopped) return;
    saving = true;
    changed = false;
    const body = new URLSearchParams(new FormData(form));
    body.delete("picture");
    body.delete("document");
    body.set("do", "autosave");
    try {
      const answer = await fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: body.toString().length < 60000 });
      const { base, message } = await answer.json();
      said.textContent = message;
      if (answer.ok) form.elements.base.value = base;
      stopped = answer.status === 409; // somebody else has saved: the button shows both texts
    } catch {
      said.textContent = form.dataset.autosave;
      changed = true;
    }
    saving = false;
    if (changed && !stopped) timer = timer || setTimeout(save, 3000);
  };
  form.addEventListener("input", () => {
    changed = true;
    timer = timer || setTimeout(save, 2500);
  });
  form.addEventListener("submit", () => { stopped = true; });
  addEventListener("pagehide", () => { if (changed) save(); });
}
