// What makes the pages handier: each works without it. Texts come with the element that loads it.
{
  const texts = document.currentScript.dataset;
  const { lang } = document.documentElement;
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const add = (after, name, properties) => {
    const element = Object.assign(document.createElement(name), properties);
    after.after(element);
    return element;
  };
  // Not all hear it; those who listen do.
  const speaker = (after, className) => {
    const status = add(after, "span", { className });
    status.setAttribute("role", "status");
    return status;
  };

  // What a browser kept of a page with a seed is not shown again once its session has ended.
  addEventListener("pageshow", (event) => event.persisted && document.querySelector(".qr") && location.reload());

  each("[data-scripted]", (element) => (element.hidden = false));

  // Times are those of the reader's clock, as their region writes them.
  const region = navigator.languages.find((one) => one.split("-")[0] === lang) ?? lang;
  const shown = (at, options) => new Intl.DateTimeFormat(region, options).format(at);
  each("time[datetime]", (time) => {
    const { day, countdown } = time.dataset;
    let at = new Date(time.dateTime);
    time.title = time.textContent;
    time.textContent = shown(at, { dateStyle: "medium", timeStyle: day === undefined ? "short" : undefined });
    if (countdown === undefined) return;
    // Seconds, where the page tells them, do not go by the reader's clock.
    if (countdown) at = Date.now() + countdown * 1000;
    const clock = shown(at, { timeStyle: "short" });
    const status = speaker(time.closest("p, a") ?? time);
    const count = () => {
      const left = Math.ceil((at - Date.now()) / 1000);
      time.textContent = left > 0 ? `${clock} (${Math.floor(left / 60)}:${String(left % 60).padStart(2, 0)})` : clock;
      if (left > 0) return;
      clearInterval(timer);
      const link = document.createElement("a");
      link.href = location.pathname + location.search;
      link.textContent = texts.over;
      status.append(link);
    };
    const timer = setInterval(count, 1000);
    count();
  });

  each("input[type=password]", (input) => {
    // Some browsers send what they check the spelling of to others.
    input.spellcheck = false;
    input.autocapitalize = "none";
    const button = add(input, "button", { type: "button", className: "reveal", textContent: texts.show });
    button.insertAdjacentHTML("beforeend", '<span class="away"></span>');
    button.lastChild.textContent = ` ${input.labels[0]?.textContent}`;
    const show = (yes) => {
      input.type = yes ? "text" : "password";
      button.setAttribute("aria-pressed", yes);
    };
    show(false);
    button.onclick = () => show(input.type === "password");
    input.form.addEventListener("submit", () => show(false));
  });

  if (navigator.clipboard)
    each("[data-copy]", (button) => {
      const status = speaker(button, "away");
      const name = button.textContent;
      button.hidden = false;
      button.onclick = async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).innerText.replaceAll(" ", ""));
        status.textContent = button.textContent = texts.copied;
        setTimeout(() => ((status.textContent = ""), (button.textContent = name)), 3000);
      };
    });

  each("[data-print]", (button) => (button.onclick = () => print()));

  // A code is sent once: Enter pressed by habit right after sends no other.
  each("[name=code]", ({ form }) => {
    let sent = -Infinity;
    form.addEventListener("submit", (event) => {
      if (event.timeStamp - sent < 2000) event.preventDefault();
      else sent = event.timeStamp;
    });
  });

  // A whole one is sent by itself.
  each("[data-whole]", (field) => {
    const whole = (event) => {
      if (!/^\p{Nd}{6}$/u.test(field.value.replace(/[^\p{L}\p{N}]/gu, "")) || event.inputType?.startsWith("delete")) return;
      field.removeEventListener("input", whole);
      field.form.requestSubmit();
    };
    field.addEventListener("input", whole);
  });
}
