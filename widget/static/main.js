// @ts-check
import { LuotsiChat } from "./luotsi-chat.js";
import { chooseLanguage } from "./texts.js";

const CHOICES = { agency: ["immigration", "customs"], theme: ["light", "dark"] };

customElements.define("luotsi-chat", LuotsiChat);

const chat = /** @type {LuotsiChat} */ (document.querySelector("luotsi-chat"));
const asked = new URLSearchParams(location.search);

for (const [name, values] of Object.entries(CHOICES)) {
  const value = asked.get(name);
  if (value === null || !values.includes(value)) continue;
  chat.dataset[name] = value;
  document.documentElement.dataset[name] = value;
}

chat.addEventListener("luotsi-language", (event) => {
  const { language, title } = /** @type {CustomEvent} */ (event).detail;
  document.documentElement.lang = language;
  document.title = title;
  const address = new URL(location.href);
  if (address.searchParams.get("lang") !== language) {
    address.searchParams.set("lang", language);
    history.replaceState(null, "", address);
  }
});

const isFramed = asked.get("embed") === "1" && window.parent !== window;
const frame = isFramed ? new (await import("./frame.js")).Frame(chat) : null;
await chat.begin(chooseLanguage(location.search, navigator.languages));
frame?.ready();
