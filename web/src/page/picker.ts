// A field for a style, with pictures to choose from: a combobox, whose list is filtered by what is typed.

import type { Facts, Style } from "../engine/studio";
import { fold } from "../prompt/spelling";

export class Picker {
  readonly field: HTMLInputElement;
  private readonly list: HTMLUListElement;
  private readonly count: HTMLElement;
  private readonly options: { style: Style; item: HTMLLIElement; text: string }[];
  private active = -1; // among those that are shown
  private painted = ""; // what was chosen last

  constructor(root: HTMLElement, label: string, private readonly facts: Facts, private readonly chosen: () => void) {
    const id = root.id;
    root.innerHTML = `<label for="${id}-field"></label>
      <input id="${id}-field" type="text" role="combobox" autocomplete="off" spellcheck="false" enterkeyhint="go"
        aria-autocomplete="list" aria-expanded="true" aria-controls="${id}-list" aria-describedby="${id}-count" />
      <p class="count" id="${id}-count" aria-live="polite"></p>
      <ul id="${id}-list" role="listbox"></ul>`;
    root.querySelector("label")!.textContent = label;
    this.field = root.querySelector("input")!;
    this.list = root.querySelector("ul")!;
    this.count = root.querySelector(".count")!;
    this.list.setAttribute("aria-label", `${label}: styles`);
    this.options = facts.styles.map((style, at) => ({ style, item: this.item(style, at), text: ` ${style.keys} ${fold(`${style.movement} ${style.kind}`)}` }));
    this.list.append(...this.options.map(({ item }) => item));
    this.field.addEventListener("input", () => this.filter(this.field.value));
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("change", () => this.value !== this.painted && this.take()); // on leaving it
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // or what is half typed would be left, and painted
    this.field.addEventListener("focus", () => this.field.select());
    this.filter("");
  }

  get value(): string {
    return this.field.value.trim();
  }

  /** Shows a name without painting it. */
  show(name: string): void {
    this.field.value = this.painted = name;
    for (const { style, item } of this.options) item.setAttribute("aria-selected", String(style.name === name));
  }

  private choose(style: Style): void {
    this.show(style.name);
    this.chosen();
  }

  private take(): void {
    this.show(this.value);
    this.chosen();
  }

  private item(style: Style, at: number): HTMLLIElement {
    const { cell, columns } = this.facts;
    const item = document.createElement("li");
    item.id = `${this.list.id}-${at}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.title = [style.name, style.movement || style.kind].join(", ");
    const picture = document.createElement("span");
    picture.style.cssText = `width:${cell}px;height:${cell}px;background:url(styles.webp) -${(at % columns) * cell}px -${Math.floor(at / columns) * cell}px`;
    item.append(picture, style.name);
    item.addEventListener("click", () => this.choose(style));
    return item;
  }

  private get shown() {
    return this.options.filter(({ item }) => !item.hidden);
  }

  /** Shows the styles in whose spellings, movement or kind each typed word begins a word; all where there is none. */
  private filter(typed: string): void {
    const words = fold(typed).split(" ").filter(Boolean);
    for (const { item, text } of this.options) item.hidden = !words.every((word) => text.includes(` ${word}`));
    const found = this.shown.length;
    if (!found) for (const { item } of this.options) item.hidden = false;
    this.count.textContent = found ? `${found} of ${this.options.length} styles; Enter paints what is typed, arrows choose` : "No style of that name; Enter reads it as a description";
    this.activate(-1);
    this.list.scrollTop = 0;
  }

  private activate(at: number): void {
    const { shown } = this;
    shown[this.active]?.item.classList.remove("active");
    for (const { item } of this.options) item.classList.remove("active");
    this.active = at;
    const item = shown[at]?.item;
    item?.classList.add("active");
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.field.setAttribute("aria-activedescendant", item.id);
    else this.field.removeAttribute("aria-activedescendant");
  }

  private key(event: KeyboardEvent): void {
    const { shown } = this;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      this.activate((this.active + steps[event.key] + shown.length + (this.active < 0 && steps[event.key] < 0 ? 1 : 0)) % shown.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.active >= 0) this.choose(shown[this.active].style);
      else this.take();
    } else if (event.key === "Escape") {
      this.field.value = "";
      this.filter("");
    }
  }
}
