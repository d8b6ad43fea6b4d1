// The Live page's own script: says whether the stream is connected, and lets
// the clocks of running calls tick between two messages.
(() => {
  const state = document.getElementById('live-state');
  const say = (word, look) => {
    if (!state) return;
    state.textContent = state.dataset[word];
    state.classList.toggle('is-ok', !look);
    state.classList.toggle('is-look', look);
    state.hidden = false;
  };
  document.addEventListener('htmx:sseOpen', () => say('connected', false));
  document.addEventListener('htmx:sseError', () => say('lost', true));

  // data-elapsed is the length in seconds when the server wrote it.
  const began = new WeakMap();
  const two = (n) => String(n).padStart(2, '0');
  const stopwatch = (s) => {
    const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
  };
  const tick = () => {
    const now = performance.now();
    for (const clock of document.querySelectorAll('[data-elapsed]')) {
      if (!began.has(clock)) began.set(clock, now - Number(clock.dataset.elapsed) * 1000);
      const shown = stopwatch(Math.floor((now - began.get(clock)) / 1000));
      if (clock.textContent !== shown) clock.textContent = shown;
    }
  };
  document.addEventListener('htmx:sseMessage', tick);
  setInterval(tick, 1000);
  tick();
})();
