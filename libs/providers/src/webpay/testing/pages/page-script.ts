/**
 * Of all pages, which also work without it: only the countdown, the form that sends itself and the return that comes
 * twice need it.
 */
export const pageScript = `
'use strict';
const all = (selector) => Array.from(document.querySelectorAll(selector));
document.documentElement.classList.add('js');

// Two ways to pay, one panel at a time.
const choose = (name) => {
  for (const button of all('[data-shows]')) button.setAttribute('aria-pressed', String(button.dataset.shows === name));
  for (const panel of all('.panel')) panel.hidden = panel.id !== name;
};
for (const button of all('[data-shows]')) button.addEventListener('click', () => choose(button.dataset.shows));
if (document.querySelector('[data-shows]')) choose('panel-tarjetas');

// A published card in one touch.
for (const button of all('[data-card]')) {
  button.addEventListener('click', () => {
    const debit = button.dataset.kind === 'debit';
    choose(debit ? 'panel-debito' : 'panel-tarjetas');
    const fill = (selector, value) => {
      const field = document.querySelector(selector);
      if (!field) return;
      field.value = value;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    };
    if (debit) return fill('[formcontrolname=pan]', button.dataset.card);
    fill('#card-number', button.dataset.card);
    fill('#card-exp', '12/30');
    fill('#card-cvv', button.dataset.cvv);
  });
}

// The button says what it will do.
for (const form of all('form[data-payment]')) {
  const button = form.querySelector('button.submit');
  form.addEventListener('input', () => {
    button.textContent = form.checkValidity() ? 'Pagar' : 'Continuar';
  });
}

// A second press of the same button is no second payment.
for (const form of all('form')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = 'yes';
    // Afterwards: a disabled button's own value is not sent.
    setTimeout(() => form.querySelectorAll('button').forEach((button) => (button.disabled = true)));
  });
}
// A page that the browser brings back from its memory can be used again.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of all('form')) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll('button')) button.disabled = false;
  }
});

// The form's time.
const clock = document.querySelector('[data-remaining-ms]');
if (clock) {
  const end = Date.now() + Number(clock.dataset.remainingMs);
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    clock.textContent = Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0');
    if (left > 0) return setTimeout(tick, 250);
    document.querySelector('#timeout-form').requestSubmit();
  };
  tick();
}

const back = document.querySelector('form[data-sends-itself]');
if (back) back.requestSubmit();

const twice = document.querySelector('a[data-twice]');
if (twice) {
  const go = () => location.replace(twice.href);
  fetch(twice.href, { mode: 'no-cors', credentials: 'omit' }).then(go, go);
}
`;
