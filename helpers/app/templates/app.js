"use strict";
// What the app's pages do by themselves: send a file as it is, with its progress, and follow a build.
(() => {
  for (const form of document.querySelectorAll("form[data-send]")) {
    const file = form.querySelector("input[type=file]");
    const bar = form.querySelector("progress");
    const said = form.querySelector("[role=status]");
    const end = (text) => {
      said.textContent = text;
      said.className = "problem";
      bar.hidden = true;
      form.querySelector("button").disabled = false;
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = file.files[0];
      if (!chosen) return end("Choose a file first.");
      const largest = Number(form.dataset.largest);
      if (chosen.size > largest) return end(`${chosen.name} is larger than the ${(largest / 1e6).toLocaleString("en-GB")} MB that are allowed.`);
      const request = new XMLHttpRequest();
      request.open("POST", form.dataset.send);
      request.setRequestHeader("X-XSRFToken", form.elements._xsrf.value);
      request.setRequestHeader("X-File-Name", encodeURIComponent(chosen.name));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        bar.value = loaded / total;
        said.textContent = loaded < total ? `${Math.round((100 * loaded) / total)} % sent` : "Looking at the file: this may take a minute.";
      });
      request.addEventListener("load", () => {
        let answer = {};
        try { answer = JSON.parse(request.responseText); } catch {}
        if (answer.next) location.assign(answer.next);
        else end(answer.error || "The file was not taken; try again.");
      });
      request.addEventListener("error", () => end("The connection was lost; is the app still running?"));
      form.querySelector("button").disabled = true;
      said.className = "note";
      bar.hidden = false;
      request.send(chosen);
      return undefined;
    });
  }

  for (const form of document.querySelectorAll("form[data-wait]")) {
    form.addEventListener("submit", () => { form.querySelector("[role=status]").textContent = form.dataset.wait; });
  }

  const followed = document.querySelector("[data-follow]");
  const follow = async () => {
    try {
      const answer = await fetch(followed.dataset.follow);
      if (answer.ok) followed.innerHTML = await answer.text(); // escaped by the template that made it
    } catch {
      followed.querySelector("[role=status]").textContent = "The app does not answer; is it still running?";
    }
    if (!followed.querySelector("[data-ended]")) setTimeout(follow, 1000);
  };
  if (followed && !followed.querySelector("[data-ended]")) setTimeout(follow, 1000);
})();
