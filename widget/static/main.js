// @ts-check
import { LuotsiChat } from "./luotsi-chat.js";
import { chooseLanguage } from "./texts.js";

customElements.define("luotsi-chat", LuotsiChat);

const chat = /** @type {LuotsiChat} */ (document.querySelector("luotsi-chat"));

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

void chat.begin(chooseLanguage(location.search, navigator.languages));
