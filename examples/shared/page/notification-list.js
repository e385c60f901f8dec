const maxItems = 200;

/** The list of notifications, newest first, and how many of them are unread. */
export class NotificationList {
  #list = document.querySelector('#list');
  #empty = document.querySelector('#empty');
  #badge = document.querySelector('#unread');
  #markRead = document.querySelector('#mark-read');
  #shown = new Set();

  constructor() {
    this.#markRead.addEventListener('click', () => {
      for (const item of this.#list.querySelectorAll('.unread')) item.classList.remove('unread');
      this.#count();
    });
  }

  /** Puts a notification on top. One that was sent to several channels has one id and is shown once. */
  add(notification, { unread }) {
    if (this.#shown.has(notification.id)) return;
    this.#shown.add(notification.id);
    const item = itemOf(notification);
    item.classList.toggle('unread', unread);
    this.#list.prepend(item);
    while (this.#list.children.length > maxItems) this.#list.lastElementChild.remove();
    this.#count();
  }

  clear() {
    this.#shown.clear();
    this.#list.replaceChildren();
    this.#count();
  }

  #count() {
    const unread = this.#list.querySelectorAll('.unread').length;
    this.#badge.textContent = unread === 0 ? '' : `${unread} unread`;
    this.#markRead.disabled = unread === 0;
    this.#empty.hidden = this.#list.children.length > 0;
    document.title = unread === 0 ? 'realtime-notify' : `(${unread}) realtime-notify`;
  }
}

/** Text from outside only ever becomes `textContent`. */
function itemOf({ type, channel, time, data }) {
  const item = document.createElement('li');
  const at = element('time', new Date(time).toLocaleString());
  at.dateTime = new Date(time).toISOString();
  item.append(
    element('div', sentenceOf(type, data), 'text'),
    at,
    element('span', ` · ${type} · ${channel}`, 'channel'),
  );
  return item;
}

function sentenceOf(type, data) {
  switch (type) {
    case 'message':
      return data.text;
    case 'order.approved':
      return `Order ${data.orderId} was approved: ${data.amount.toFixed(2)}`;
    case 'system.notice':
      return `${data.level}: ${data.text}`;
    default:
      return JSON.stringify(data);
  }
}

function element(name, text, className = '') {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}
