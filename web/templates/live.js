"use strict";
// Keeps a page of messages as the server has it, by the stream of its inbox. What a person has typed stays; so do films that play and
// carousels that were turned.
(() => {
  const main = document.querySelector("main");
  const field = main.querySelector("input[name=text]");
  const end = document.getElementById("end");
  let stream, turn = Promise.resolve();

  if (field) field.value ||= sessionStorage.getItem("draft") ?? "";
  sessionStorage.removeItem("draft");

  // The policy of a page names where its media are: others need the page anew.
  const reload = () => {
    if (field) sessionStorage.setItem("draft", field.value);
    location.reload();
  };

  const update = async state => {
    if (state === main.dataset.state) return;
    const res = await fetch(location.href);
    const fresh = new DOMParser().parseFromString(await res.text(), "text/html").querySelector("main");
    if (!res.ok || fresh.dataset.media !== main.dataset.media) return reload();
    const atEnd = innerHeight + scrollY > document.body.scrollHeight - 80;
    for (const part of fresh.querySelectorAll("[data-swap]")) document.getElementById(part.id).replaceWith(part);
    for (const line of fresh.querySelectorAll(".line")) if (!document.getElementById(line.id)) end.before(line);
    main.dataset.state = fresh.dataset.state;
    if (end && atEnd) scrollTo(0, document.body.scrollHeight);
  };

  // A page that nobody looks at holds no connection: browsers have few for one server.
  const follow = () => {
    stream?.close();
    stream = document.hidden ? null : new EventSource(main.dataset.stream);
    stream?.addEventListener("messages", event => { turn = turn.then(() => update(event.data)).catch(console.warn); });
  };
  document.addEventListener("visibilitychange", follow);
  follow();
})();
