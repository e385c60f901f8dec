/** Shows an inbox: a list, newest first, and how many of it are unread. */
export class InboxList {
  #list = document.querySelector('#list');
  #empty = document.querySelector('#empty');
  #badge = document.querySelector('#unread');
  #markRead = document.querySelector('#mark-read');
  #older = document.querySelector('#older');
  #template = document.querySelector('#item');
  /** What was made for an item stays until the item changes. */
  #made = new WeakMap();
  #change;

  /** @param on `change(name, which)`: what the user does; `older()`: more is wanted */
  constructor({ change, older }) {
    this.#change = change;
    this.#markRead.addEventListener('click', () => change('read', { all: true }));
    this.#older.addEventListener('click', older);
  }

  show({ items, unread, next }) {
    this.#list.replaceChildren(...items.map((item) => this.#elementOf(item)));
    this.#badge.textContent = unread === 0 ? '' : `${unread} unread`;
    this.#markRead.disabled = unread === 0;
    this.#older.hidden = next === null;
    this.#empty.hidden = items.length > 0;
    document.title = unread === 0 ? 'realtime-notify' : `(${unread}) realtime-notify`;
  }

  #elementOf(item) {
    const known = this.#made.get(item);
    if (known !== undefined) return known;
    const element = this.#template.content.firstElementChild.cloneNode(true);
    this.#made.set(item, element);
    this.#fill(element, item);
    return element;
  }

  /** Text from outside only ever becomes `textContent`. */
  #fill(element, { id, type, channel, time, data, read }) {
    const part = (name) => element.querySelector(`.${name}`);
    element.classList.toggle('unread', !read);
    part('text').textContent = sentenceOf(type, data);
    part('time').textContent = new Date(time).toLocaleString();
    part('time').dateTime = new Date(time).toISOString();
    part('channel').textContent = ` · ${type} · ${channel}`;
    part('open').title = read ? 'Mark as unread' : 'Mark as read';
    const actions = { open: read ? 'unread' : 'read', archive: 'archive', remove: 'remove' };
    for (const [name, action] of Object.entries(actions)) {
      part(name).addEventListener('click', () => this.#change(action, { ids: [id] }));
    }
  }
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
