// Keys of the review desk: those of links and buttons with data-sb-key press them,
// digits choose reasons, Escape leaves a field. While somebody types, keys are
// letters.
(function () {
  'use strict';
  var reasons = document.querySelectorAll('.sb-reason input');
  document.addEventListener('keydown', function (e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    var at = document.activeElement;
    var typing = at && (at.tagName === 'TEXTAREA' || at.tagName === 'SELECT' || at.tagName === 'INPUT' && at.type !== 'checkbox');
    if (typing) {
      if (e.key === 'Escape') at.blur();
      return;
    }
    if (e.key >= '1' && e.key <= '9' && reasons[e.key - 1]) {
      reasons[e.key - 1].click();
      reasons[e.key - 1].focus();
      e.preventDefault();
      return;
    }
    var target = document.querySelector('[data-sb-key="' + e.key.toLowerCase() + '"]');
    if (/^[a-z]$/i.test(e.key) && target && !target.disabled) {
      target.click();
      e.preventDefault();
    }
  });
})();
