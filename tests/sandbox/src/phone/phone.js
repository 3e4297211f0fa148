"use strict";
// Messages are set as textContent only: whatever is written stays text.

const PLATFORM_NAMES = { facebook: "Messenger", instagram: "Instagram", whatsapp: "WhatsApp" };
const account = document.getElementById("account");
const nameField = document.getElementById("name");
const thread = document.getElementById("thread");
const text = document.getElementById("text");
const notice = document.getElementById("notice");
let shownUpTo = 0;
// Grows when another thread is chosen, so that a late answer of the old one is not shown in it.
let chosen = 0;

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function say(message) {
  if (notice.textContent !== message) notice.textContent = message;
}

function who() {
  const [platform, id] = account.value.split(":");
  return { platform, account: id, name: nameField.value.trim() };
}

async function loadAccounts() {
  const { items } = await ask("/_sandbox/phone/accounts");
  if (items.length === account.options.length) return;
  const before = account.value;
  account.replaceChildren(...items.map((item) => {
    const label = `${PLATFORM_NAMES[item.platform]} · ${item.name || item.account}`;
    return new Option(label, `${item.platform}:${item.account}`);
  }));
  if (before) account.value = before;
  if (account.value !== before) startAgain();
}

function startAgain() {
  chosen += 1;
  shownUpTo = 0;
  thread.replaceChildren();
}

function show(line) {
  const item = document.createElement("li");
  item.className = line.from;
  item.dir = "auto";
  const author = document.createElement("span");
  author.className = "unseen";
  author.textContent = line.from === "customer" ? "আপনি · You: " : "দোকান · Shop: ";
  const time = document.createElement("time");
  const moment = new Date(line.time_ms);
  time.dateTime = moment.toISOString();
  time.textContent = moment.toLocaleTimeString("bn-BD", { hour: "2-digit", minute: "2-digit" });
  item.append(author, line.text, time);
  thread.append(item);
}

async function loadThread() {
  const person = who();
  if (!person.account || !person.name) return;
  const asked = chosen;
  const query = new URLSearchParams({ ...person, after: String(shownUpTo) });
  const { items } = await ask(`/_sandbox/phone/thread?${query}`);
  if (asked !== chosen) return;
  for (const line of items) {
    if (line.number <= shownUpTo) continue;
    shownUpTo = line.number;
    show(line);
  }
  if (items.length > 0) thread.scrollTop = thread.scrollHeight;
}

async function refresh() {
  try {
    await loadAccounts();
    await loadThread();
    say(account.options.length ? "" : "দোকান তৈরি হচ্ছে… · The demo shop is being set up…");
  } catch {
    say("স্যান্ডবক্স সাড়া দিচ্ছে না · The sandbox does not answer");
  }
}

async function send(event) {
  event.preventDefault();
  const person = who();
  if (!person.account || !person.name || !text.value.trim()) return;
  const message = text.value;
  text.value = "";
  try {
    await ask("/_sandbox/phone/messages", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...person, text: message }),
    });
    await loadThread();
  } catch {
    text.value = message;
    say("পাঠানো গেল না · Could not send");
  }
}

// One round at a time, and none while the page is hidden.
async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, 1000);
}

document.getElementById("write").addEventListener("submit", send);
account.addEventListener("change", () => { startAgain(); refresh(); });
nameField.addEventListener("change", () => { startAgain(); refresh(); });
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    document.getElementById("write").requestSubmit();
  }
});
poll();
