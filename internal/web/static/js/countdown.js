// Says how much time is left until an instant, beside the instant itself:
// <span data-sb-until="2026-06-01T04:00:00Z"></span>. When it is over, the page
// is read again: the server knows what it is then.
(function () {
  'use strict';
  var marks = document.querySelectorAll('[data-sb-until]');
  if (!marks.length) return;
  function two(n) { return (n < 10 ? '0' : '') + n; }
  function tick() {
    marks.forEach(function (m) {
      var left = Math.floor((Date.parse(m.dataset.sbUntil) - Date.now()) / 1000);
      if (left < 0) {
        if (left > -3) setTimeout(function () { location.reload(); }, 1500);
        m.textContent = '';
        return;
      }
      var days = Math.floor(left / 86400);
      m.textContent = (days ? days + ' × 24:00 + ' : '') + two(Math.floor(left / 3600) % 24) + ':' + two(Math.floor(left / 60) % 60) + ':' + two(left % 60);
    });
  }
  tick();
  setInterval(tick, 1000);
})();
