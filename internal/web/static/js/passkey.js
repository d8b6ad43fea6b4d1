// Signing in by a passkey, and adding one. What the server asks goes to the browser's
// own window; what that answers goes back. Without passkeys in the browser the button
// stays hidden, and the other ways are there.
(function () {
  'use strict';
  var problem = document.getElementById('passkey-problem');

  function bytes(text) {
    var raw = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(raw, function (c) { return c.charCodeAt(0); });
  }
  function words(buffer) {
    var raw = '';
    new Uint8Array(buffer).forEach(function (b) { raw += String.fromCharCode(b); });
    return btoa(raw).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  }
  function show(what) {
    problem.textContent = what;
    problem.hidden = !what;
  }
  // post sends a form or an answer, and gives what the server says; else it shows what
  // is wrong.
  function post(address, body, type) {
    return fetch(address, { method: 'POST', body: body, headers: { 'Content-Type': type }, credentials: 'same-origin' }).then(function (res) {
      if (!/json/.test(res.headers.get('Content-Type') || '')) throw new Error();
      return res.json().then(function (said) {
        if (!res.ok) throw { said: said.what + (said.remedy ? ' ' + said.remedy : '') };
        return said;
      });
    });
  }
  function fails(err) {
    if (err && err.name === 'NotAllowedError') return show(''); // closed by the reader
    show(err && err.said || problem.dataset.broken);
  }
  function listed(list) {
    return (list || []).map(function (c) { return Object.assign({}, c, { id: bytes(c.id) }); });
  }

  function signIn(box) {
    show('');
    post(box.dataset.begin, '', 'application/x-www-form-urlencoded').then(function (options) {
      var ask = options.publicKey;
      ask.challenge = bytes(ask.challenge);
      ask.allowCredentials = listed(ask.allowCredentials);
      return navigator.credentials.get({ publicKey: ask });
    }).then(function (key) {
      var r = key.response;
      return post(box.dataset.end, JSON.stringify({
        id: key.id, rawId: words(key.rawId), type: key.type,
        response: {
          authenticatorData: words(r.authenticatorData), clientDataJSON: words(r.clientDataJSON), signature: words(r.signature),
          userHandle: r.userHandle ? words(r.userHandle) : null
        }
      }), 'application/json');
    }).then(function (said) { location.assign(said.to); }).catch(fails);
  }

  function add(form) {
    show('');
    var fields = new URLSearchParams(new FormData(form));
    post(form.dataset.begin, fields.toString(), 'application/x-www-form-urlencoded').then(function (options) {
      var ask = options.publicKey;
      ask.challenge = bytes(ask.challenge);
      ask.user.id = bytes(ask.user.id);
      ask.excludeCredentials = listed(ask.excludeCredentials);
      return navigator.credentials.create({ publicKey: ask });
    }).then(function (key) {
      var r = key.response;
      return post(form.dataset.end + '?name=' + encodeURIComponent(fields.get('name')), JSON.stringify({
        id: key.id, rawId: words(key.rawId), type: key.type,
        response: {
          attestationObject: words(r.attestationObject), clientDataJSON: words(r.clientDataJSON), transports: r.getTransports ? r.getTransports() : []
        }
      }), 'application/json');
    }).then(function (said) { location.assign(said.to); }).catch(fails);
  }

  var box = document.getElementById('passkey'), form = document.getElementById('add-passkey');
  if (!window.PublicKeyCredential) {
    if (form) {
      form.hidden = true;
      document.getElementById('no-passkeys').hidden = false;
    }
    return;
  }
  if (box) {
    box.hidden = false;
    document.getElementById('unlock').addEventListener('click', function () { signIn(box); });
  }
  if (form) {
    form.addEventListener('submit', function (e) {
      e.preventDefault();
      add(form);
    });
  }
})();
