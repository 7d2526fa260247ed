// What Gradio's components lack for keyboards and screen readers: pictures of styles say their names, the bar between before and after is
// moved by arrow keys, and what keys change counts as released once they rest.
(() => {
  let held = false, resting;
  for (const [type, is] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false]])
    document.addEventListener(type, () => { held = is; }, true);
  document.addEventListener("input", ({target}) => {
    if (held || !target.matches("input[type=range], input[type=number]")) return;
    clearTimeout(resting);
    resting = setTimeout(() => target.dispatchEvent(new PointerEvent("pointerup", {bubbles: true})), 400);
  }, true);
  const drag = (bar, step) => {
    const box = bar.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    const send = (type, at, to) => to.dispatchEvent(new MouseEvent(type, {bubbles: true, view: window, clientX: at, clientY: y}));
    send("mousedown", x, bar); send("mousemove", x + step, window); send("mouseup", x + step, window);
  };
  const say = (bar) => {
    const whole = document.querySelector("#result img").getBoundingClientRect(), box = bar.getBoundingClientRect();
    const share = Math.round(100 * (box.left + box.width / 2 - whole.left) / whole.width);
    bar.setAttribute("aria-valuenow", Math.min(100, Math.max(0, share)));
  };
  const ready = () => {
    for (const button of document.querySelectorAll(".thumbnail-item")) {
      const name = button.querySelector(".caption-label")?.textContent?.trim();
      if (name && button.getAttribute("aria-label") !== name) button.setAttribute("aria-label", name);
      const image = button.querySelector("img");
      if (image?.alt) image.alt = "";
    }
    for (const bar of document.querySelectorAll("#result [data-testid=slider]:not([role=slider])")) {
      bar.setAttribute("role", "slider");
      bar.setAttribute("tabindex", "0");
      bar.setAttribute("aria-label", "Before and after");
      bar.setAttribute("aria-valuemin", "0");
      bar.setAttribute("aria-valuemax", "100");
      bar.setAttribute("aria-valuenow", "50");
      bar.addEventListener("keydown", (event) => {
        const step = {ArrowLeft: -20, ArrowRight: 20, Home: -10000, End: 10000}[event.key];
        if (!step) return;
        event.preventDefault();
        drag(bar, step);
        requestAnimationFrame(() => say(bar));
      });
    }
  };
  new MutationObserver(ready).observe(document, {childList: true, subtree: true});
  ready();
})();
