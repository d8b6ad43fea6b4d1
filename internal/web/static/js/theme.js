// Runs before the first paint: follows the system where the reader chose no
// theme. Without it the page still does so through light-dark() in CSS.
(() => {
  const root = document.documentElement;
  if (root.dataset.sbTheme !== 'auto') return;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = () => root.setAttribute('data-bs-theme', dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', follow);
  follow();
})();
