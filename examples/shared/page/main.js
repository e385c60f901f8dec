import { InboxList } from './inbox-list.js';
import { openInbox, send } from './server.js';

const problem = document.querySelector('#inbox-problem');
const state = document.querySelector('#state');
const connectForm = document.querySelector('#connect');
const sendForm = document.querySelector('#send');
let inbox;

/** What it rejects with is shown below the list. */
async function attempt(work) {
  problem.textContent = '';
  try {
    await work();
  } catch (error) {
    problem.textContent = error.message;
  }
}

const list = new InboxList({
  change: (name, which) => attempt(() => inbox.change(name, which)),
  older: () => attempt(() => inbox.older()),
});

function show(name, text) {
  state.dataset.state = name;
  state.textContent = text;
}

/** Calls `submitted` instead of sending the form; what it rejects with is shown below the form. */
function onSubmit(form, submitted) {
  const button = form.querySelector('button');
  const problem = form.querySelector('.problem');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    button.disabled = true;
    try {
      await submitted(new FormData(form));
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      button.disabled = false;
    }
  });
}

onSubmit(connectForm, async (fields) => {
  const user = fields.get('user');
  inbox?.close();
  show('waiting', 'Connecting…');
  try {
    inbox = await openInbox(user, fields.get('group'), {
      change: (shown) => list.show(shown),
      open: (recovered) =>
        show(
          'open',
          recovered ? `Connected as ${user}` : `Connected as ${user}; some history is gone`,
        ),
      waiting: () => show('waiting', 'Connection lost, coming back…'),
      closed: () => show('closed', 'Disconnected: connect again'),
    });
  } catch (error) {
    show('closed', 'Not connected');
    throw error;
  }
});

onSubmit(sendForm, async (fields) => {
  const audience = fields.get('audience');
  const type = fields.get('type');
  const to = audience === 'all' ? { all: true } : { [audience]: fields.get('name') };
  await send(to, type, dataOf(type, fields));
});

function dataOf(type, fields) {
  const text = fields.get('text');
  if (type === 'message') return { text };
  if (type === 'system.notice') return { text, level: fields.get('level') };
  return { orderId: fields.get('orderId'), amount: Number(fields.get('amount')) };
}

/** Shows the fields that the chosen audience and type need; hidden ones are not asked for. */
function arrange() {
  for (const kind of ['audience', 'type']) {
    const chosen = sendForm.elements.namedItem(kind).value;
    for (const part of sendForm.querySelectorAll(`[data-${kind}]`)) {
      part.hidden = !part.dataset[kind].split(' ').includes(chosen);
      for (const field of part.querySelectorAll('input, select')) field.disabled = part.hidden;
    }
  }
}

sendForm.addEventListener('change', arrange);
arrange();
