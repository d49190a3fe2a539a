/******/ (() => { // webpackBootstrap
/******/ 	var __webpack_modules__ = ({

/***/ 770:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

/* unused reexport */ __nccwpck_require__(218);


/***/ }),

/***/ 218:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

"use strict";
var __webpack_unused_export__;


var net = __nccwpck_require__(278);
var tls = __nccwpck_require__(756);
var http = __nccwpck_require__(611);
var https = __nccwpck_require__(692);
var events = __nccwpck_require__(434);
var assert = __nccwpck_require__(613);
var util = __nccwpck_require__(23);


__webpack_unused_export__ = httpOverHttp;
__webpack_unused_export__ = httpsOverHttp;
__webpack_unused_export__ = httpOverHttps;
__webpack_unused_export__ = httpsOverHttps;


function httpOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  return agent;
}

function httpsOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}

function httpOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  return agent;
}

function httpsOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}


function TunnelingAgent(options) {
  var self = this;
  self.options = options || {};
  self.proxyOptions = self.options.proxy || {};
  self.maxSockets = self.options.maxSockets || http.Agent.defaultMaxSockets;
  self.requests = [];
  self.sockets = [];

  self.on('free', function onFree(socket, host, port, localAddress) {
    var options = toOptions(host, port, localAddress);
    for (var i = 0, len = self.requests.length; i < len; ++i) {
      var pending = self.requests[i];
      if (pending.host === options.host && pending.port === options.port) {
        // Detect the request to connect same origin server,
        // reuse the connection.
        self.requests.splice(i, 1);
        pending.request.onSocket(socket);
        return;
      }
    }
    socket.destroy();
    self.removeSocket(socket);
  });
}
util.inherits(TunnelingAgent, events.EventEmitter);

TunnelingAgent.prototype.addRequest = function addRequest(req, host, port, localAddress) {
  var self = this;
  var options = mergeOptions({request: req}, self.options, toOptions(host, port, localAddress));

  if (self.sockets.length >= this.maxSockets) {
    // We are over limit so we'll add it to the queue.
    self.requests.push(options);
    return;
  }

  // If we are under maxSockets create a new one.
  self.createSocket(options, function(socket) {
    socket.on('free', onFree);
    socket.on('close', onCloseOrRemove);
    socket.on('agentRemove', onCloseOrRemove);
    req.onSocket(socket);

    function onFree() {
      self.emit('free', socket, options);
    }

    function onCloseOrRemove(err) {
      self.removeSocket(socket);
      socket.removeListener('free', onFree);
      socket.removeListener('close', onCloseOrRemove);
      socket.removeListener('agentRemove', onCloseOrRemove);
    }
  });
};

TunnelingAgent.prototype.createSocket = function createSocket(options, cb) {
  var self = this;
  var placeholder = {};
  self.sockets.push(placeholder);

  var connectOptions = mergeOptions({}, self.proxyOptions, {
    method: 'CONNECT',
    path: options.host + ':' + options.port,
    agent: false,
    headers: {
      host: options.host + ':' + options.port
    }
  });
  if (options.localAddress) {
    connectOptions.localAddress = options.localAddress;
  }
  if (connectOptions.proxyAuth) {
    connectOptions.headers = connectOptions.headers || {};
    connectOptions.headers['Proxy-Authorization'] = 'Basic ' +
        new Buffer(connectOptions.proxyAuth).toString('base64');
  }

  debug('making CONNECT request');
  var connectReq = self.request(connectOptions);
  connectReq.useChunkedEncodingByDefault = false; // for v0.6
  connectReq.once('response', onResponse); // for v0.6
  connectReq.once('upgrade', onUpgrade);   // for v0.6
  connectReq.once('connect', onConnect);   // for v0.7 or later
  connectReq.once('error', onError);
  connectReq.end();

  function onResponse(res) {
    // Very hacky. This is necessary to avoid http-parser leaks.
    res.upgrade = true;
  }

  function onUpgrade(res, socket, head) {
    // Hacky.
    process.nextTick(function() {
      onConnect(res, socket, head);
    });
  }

  function onConnect(res, socket, head) {
    connectReq.removeAllListeners();
    socket.removeAllListeners();

    if (res.statusCode !== 200) {
      debug('tunneling socket could not be established, statusCode=%d',
        res.statusCode);
      socket.destroy();
      var error = new Error('tunneling socket could not be established, ' +
        'statusCode=' + res.statusCode);
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    if (head.length > 0) {
      debug('got illegal response body from proxy');
      socket.destroy();
      var error = new Error('got illegal response body from proxy');
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    debug('tunneling connection has established');
    self.sockets[self.sockets.indexOf(placeholder)] = socket;
    return cb(socket);
  }

  function onError(cause) {
    connectReq.removeAllListeners();

    debug('tunneling socket could not be established, cause=%s\n',
          cause.message, cause.stack);
    var error = new Error('tunneling socket could not be established, ' +
                          'cause=' + cause.message);
    error.code = 'ECONNRESET';
    options.request.emit('error', error);
    self.removeSocket(placeholder);
  }
};

TunnelingAgent.prototype.removeSocket = function removeSocket(socket) {
  var pos = this.sockets.indexOf(socket)
  if (pos === -1) {
    return;
  }
  this.sockets.splice(pos, 1);

  var pending = this.requests.shift();
  if (pending) {
    // If we have pending requests and a socket gets closed a new one
    // needs to be created to take over in the pool for the one that closed.
    this.createSocket(pending, function(socket) {
      pending.request.onSocket(socket);
    });
  }
};

function createSecureSocket(options, cb) {
  var self = this;
  TunnelingAgent.prototype.createSocket.call(self, options, function(socket) {
    var hostHeader = options.request.getHeader('host');
    var tlsOptions = mergeOptions({}, self.options, {
      socket: socket,
      servername: hostHeader ? hostHeader.replace(/:.*$/, '') : options.host
    });

    // 0 is dummy port for v0.6
    var secureSocket = tls.connect(0, tlsOptions);
    self.sockets[self.sockets.indexOf(socket)] = secureSocket;
    cb(secureSocket);
  });
}


function toOptions(host, port, localAddress) {
  if (typeof host === 'string') { // since v0.10
    return {
      host: host,
      port: port,
      localAddress: localAddress
    };
  }
  return host; // for v0.11 or later
}

function mergeOptions(target) {
  for (var i = 1, len = arguments.length; i < len; ++i) {
    var overrides = arguments[i];
    if (typeof overrides === 'object') {
      var keys = Object.keys(overrides);
      for (var j = 0, keyLen = keys.length; j < keyLen; ++j) {
        var k = keys[j];
        if (overrides[k] !== undefined) {
          target[k] = overrides[k];
        }
      }
    }
  }
  return target;
}


var debug;
if (process.env.NODE_DEBUG && /\btunnel\b/.test(process.env.NODE_DEBUG)) {
  debug = function() {
    var args = Array.prototype.slice.call(arguments);
    if (typeof args[0] === 'string') {
      args[0] = 'TUNNEL: ' + args[0];
    } else {
      args.unshift('TUNNEL:');
    }
    console.error.apply(console, args);
  }
} else {
  debug = function() {};
}
__webpack_unused_export__ = debug; // for test


/***/ }),

/***/ 577:
/***/ ((module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
__nccwpck_require__.a(module, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
__nccwpck_require__.r(__webpack_exports__);
/* harmony import */ var _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(925);
/* harmony import */ var _inputs_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(471);
/* harmony import */ var _publish_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(391);



await (0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .runAction */ .Cs)((world) => (0,_publish_js__WEBPACK_IMPORTED_MODULE_2__/* .publish */ .m)(world.inputs(_inputs_js__WEBPACK_IMPORTED_MODULE_1__/* .inputs */ .QL, _inputs_js__WEBPACK_IMPORTED_MODULE_1__/* .check */ .z6), { ...world, fetch }));

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 471:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  z6: () => (/* binding */ check),
  QL: () => (/* binding */ inputs)
});

// UNUSED EXPORTS: outputs

// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
// EXTERNAL MODULE: ./packages/kit/src/index.ts + 40 modules
var src = __nccwpck_require__(925);
;// CONCATENATED MODULE: ./packages/release/src/image-reference.ts

const REGISTRY = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
/**
 * Reads an image reference by the rules of Docker. Without a registry it is Docker Hub's; a tag is not invented.
 *
 * @throws UserError DA-IMAGE-REFERENCE naming the reference and the part that is wrong
 */
function parseImageReference(text) {
    const parts = splitReference(text);
    const name = normaliseName(parts.name);
    if (name === undefined)
        throw wrongReference(text, `"${parts.name}" is not an image name: lower-case letters, digits, \`.\`, \`_\`, \`-\` and \`/\``);
    if (parts.tag !== undefined && !TAG.test(parts.tag))
        throw wrongReference(text, wrongTag(parts.tag));
    if (parts.digest !== undefined && !DIGEST.test(parts.digest))
        throw wrongReference(text, 'its digest is not `sha256:` and 64 hex digits');
    return {
        ...name,
        ...(parts.tag === undefined ? {} : { tag: parts.tag }),
        ...(parts.digest === undefined ? {} : { digest: parts.digest }),
    };
}
/**
 * The registry and repository of a reference, written in full, also for the broken ones that an unset variable leaves behind: `backend:`,
 * `backend@` and `backend:sha256:…`. Two references are of the same image when this is equal.
 *
 * @returns undefined where not even the name can be read, such as `/backend` or an empty text
 */
function imageRepository(reference) {
    const name = normaliseName(splitReference(reference).name);
    return name && `${name.registry}/${name.repository}`;
}
/** Writes a reference in full: `docker.io/library/backend:1@sha256:…`. */
function formatImageReference({ registry, repository, tag, digest }) {
    return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
/** The digest with which a reference, or a line that has one, ends. */
const digestAtEnd = (text) => /sha256:[0-9a-f]{64}$/.exec(text)?.[0];
function splitReference(text) {
    const [beforeDigest = '', ...afterAt] = text.split('@');
    const digest = afterAt.length > 0 ? { digest: afterAt.join('@') } : {};
    // A colon before the last slash belongs to the registry's port.
    const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1);
    if (colon === -1)
        return { name: beforeDigest, ...digest };
    return { name: beforeDigest.slice(0, colon), tag: beforeDigest.slice(colon + 1), ...digest };
}
function normaliseName(name) {
    const slash = name.indexOf('/');
    const first = name.slice(0, Math.max(slash, 0));
    // As Docker decides it: the first part is a host if it could not be a folder on Docker Hub.
    const isHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
    const host = isHost ? first : 'docker.io';
    const path = isHost ? name.slice(slash + 1) : name;
    if (!REGISTRY.test(host) || !REPOSITORY.test(path))
        return undefined;
    const registry = host === 'index.docker.io' ? 'docker.io' : host;
    return { registry, repository: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}
function wrongTag(tag) {
    if (tag === '')
        return 'its tag is empty: is a variable not set?';
    if (tag.startsWith('sha256:'))
        return 'it has a digest after `:`, which belongs after `@`';
    return `"${tag}" is not a tag`;
}
function wrongReference(text, problem) {
    const hint = 'Write it like `ghcr.io/owner/app@sha256:…` or `ghcr.io/owner/app:1.2.3`.';
    return new src/* UserError */.yo('DA-IMAGE-REFERENCE', `"${text}" is not an image reference: ${problem}`, { hint });
}

// EXTERNAL MODULE: ./packages/s3/src/index.ts + 14 modules
var s3_src = __nccwpck_require__(286);
;// CONCATENATED MODULE: ./actions/publish-assets/src/inputs.ts




const folder = (0,src/* reader */.wA)((raw) => {
    const path = external_node_path_.posix.normalize(raw).replace(/\/+$/, '');
    if (path === '.' || path.startsWith('/') || path.split('/').includes('..'))
        throw new src/* Mistake */.Fp('must be a folder below the workspace', 'Write it like `frontend/dist/assets`. The whole workspace is nothing to publish.');
    return path;
});
const inImage = (0,src/* reader */.wA)((raw) => {
    const path = external_node_path_.posix.normalize(raw).replace(/\/+$/, '');
    if (!path.startsWith('/') || path === '' || /[\n:]/.test(path))
        throw new src/* Mistake */.Fp('must be a folder in the image, from `/` on', 'Write it like `/app/static`. The whole image is nothing to publish.');
    return path;
});
const inputs_image = (0,src/* reader */.wA)((raw) => {
    const reference = parseImageReference(raw);
    if (reference.digest === undefined)
        throw new src/* Mistake */.Fp('has no digest', 'Give the image that is deployed, as `name@sha256:…`: the output of the build says which one it is.');
    return formatImageReference(reference);
});
const address = (0,src/* reader */.wA)((raw) => {
    const url = URL.parse(raw);
    const here = url !== null && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname);
    if (url === null || (url.protocol !== 'https:' && !(here && url.protocol === 'http:')) || url.search !== '' || url.hash !== '')
        throw new src/* Mistake */.Fp('must be an https address', 'Write it like `https://shop-assets.fra1.cdn.digitaloceanspaces.com/assets`.');
    return raw.replace(/\/+$/, '');
});
/** The inputs in the order of action.yml. */
const inputs = {
    folder: (0,src/* optional */.lq)(folder),
    image: (0,src/* optional */.lq)(inputs_image),
    path: (0,src/* optional */.lq)(inImage),
    exclude: src/* list */.p_,
    ...s3_src/* s3Inputs */.Eo,
    's3-bucket': s3_src/* bucket */.DC,
    's3-access-key': (0,src/* secret */.rJ)((0,s3_src/* word */.Vm)('the id of a key')),
    's3-secret-key': (0,src/* secret */.rJ)((0,s3_src/* word */.Vm)('a secret key')),
    acl: (0,src/* optional */.lq)((0,src/* oneOf */.yL)('public-read')),
    'cache-control': (0,src/* matching */.wC)(/^[\x20-\x7e]+$/, 'must be a header, on one line'),
    overwrite: src/* bool */.lc,
    url: (0,src/* optional */.lq)(address),
    'dry-run': src/* bool */.lc,
};
const outputs = (/* unused pure expression or super */ null && (['status', 'sent', 'bytes', 'files']));
/** Rules across inputs. */
function check(values) {
    const { folder, image, path, s3Endpoint, s3Region } = values;
    const problems = [];
    const problem = (input, rule, fix) => problems.push({ input, rule, fix });
    if ('folder' in values && 'image' in values && (folder === undefined) === (image === undefined))
        problem('folder', folder === undefined ? 'or `image` is required' : 'and `image` are both given', 'Give one of them: it says where the files are.');
    if (image !== undefined && path === undefined && 'path' in values)
        problem('path', 'is required with `image`', 'Give the folder in it, such as `/app/static`.');
    if (image === undefined && path !== undefined && 'image' in values)
        problem('path', 'is given without `image`', 'With `folder` it is not needed.');
    if ('s3Endpoint' in values && 's3Region' in values && s3Endpoint === undefined && s3Region === undefined)
        problem('s3-region', 'or `s3-endpoint` is required', 'Give the region of the bucket at AWS, or the address of another store.');
    return problems;
}


/***/ }),

/***/ 391:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  m: () => (/* binding */ publish)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(760);
// EXTERNAL MODULE: ./packages/kit/src/index.ts + 40 modules
var src = __nccwpck_require__(925);
// EXTERNAL MODULE: ./packages/s3/src/index.ts + 14 modules
var s3_src = __nccwpck_require__(286);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
;// CONCATENATED MODULE: ./actions/publish-assets/src/asset-files.ts




/** What nobody publishes on purpose: where it lies, the folder is the wrong one. */
const PRIVATE = /(^|\/)(\.env(\.[^/]*)?|\.git(-credentials)?|\.(ssh|aws|docker|terraform|npmrc|netrc|pgpass|htpasswd)|id_(rsa|dsa|ed25519|ecdsa)|[^/]*\.(pem|key|p12|pfx|sql|sqlite3?|tfstate))(\/|$)/i;
/**
 * All files of a folder, by name, without those whose names end in one of `exclude`.
 * @throws UserError DA-ASSETS-NONE, DA-ASSETS-PRIVATE
 */
async function filesIn(folder, where, exclude) {
    const names = namesIn(folder, where).filter((name) => !exclude.some((ending) => name.endsWith(ending)));
    const hidden = names.filter((name) => PRIVATE.test(name));
    if (hidden.length > 0)
        throw new src/* UserError */.yo('DA-ASSETS-PRIVATE', `${where} has ${listed(hidden)}, which nobody may see`, {
            hint: 'Is it the right folder? Name the one that the build fills for browsers.',
        });
    if (names.length === 0)
        throw new src/* UserError */.yo('DA-ASSETS-NONE', `${where} has no files to publish`, {
            hint: 'Does the build run before this step, and does it write there?',
        });
    const files = [];
    for (const name of names)
        files.push(await fileOf(name, (0,external_node_path_.join)(folder, name)));
    return files;
}
function namesIn(folder, where) {
    if ((0,external_node_fs_.statSync)(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
        throw new src/* UserError */.yo('DA-ASSETS-NONE', `${where} is no folder`, {
            hint: 'Does the build run before this step, and does it write there?',
        });
    const top = (0,external_node_fs_.realpathSync)(folder);
    const walk = (directory) => (0,external_node_fs_.readdirSync)(directory, { withFileTypes: true }).flatMap((entry) => {
        const path = (0,external_node_path_.join)(directory, entry.name);
        if (entry.isDirectory())
            return walk(path);
        if (entry.isSymbolicLink())
            requireInside(top, path, where);
        return (0,external_node_fs_.statSync)(path).isFile() ? [(0,external_node_path_.relative)(folder, path).split(external_node_path_.sep).join('/')] : [];
    });
    return walk(folder).sort();
}
/** A link to a file of the folder is that file; a link elsewhere would publish what lies elsewhere. */
function requireInside(top, link, where) {
    try {
        if ((0,external_node_fs_.realpathSync)(link).startsWith(top + external_node_path_.sep) && (0,external_node_fs_.statSync)(link).isFile())
            return;
    }
    catch {
        // A link to nothing.
    }
    throw new src/* UserError */.yo('DA-ASSETS-PRIVATE', `${where} has a link, ${(0,external_node_path_.relative)(top, link)}, that leads out of it, or to no file`, {
        hint: 'Copy what it means into the folder, or remove it.',
    });
}
async function fileOf(name, path) {
    return { name, path, size: (0,external_node_fs_.statSync)(path).size, md5: await md5Of((0,external_node_fs_.createReadStream)(path)) };
}
async function md5Of(bytes) {
    const hash = (0,external_node_crypto_.createHash)('md5');
    for await (const chunk of bytes)
        hash.update(chunk);
    return hash.digest('hex');
}
/** Some names of many, for a message. */
const listed = (names) => names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');

;// CONCATENATED MODULE: ./node_modules/mrmime/index.mjs
const mimes = {
  "3g2": "video/3gpp2",
  "3gp": "video/3gpp",
  "3gpp": "video/3gpp",
  "3mf": "model/3mf",
  "aac": "audio/aac",
  "ac": "application/pkix-attr-cert",
  "adp": "audio/adpcm",
  "adts": "audio/aac",
  "ai": "application/postscript",
  "aml": "application/automationml-aml+xml",
  "amlx": "application/automationml-amlx+zip",
  "amr": "audio/amr",
  "apng": "image/apng",
  "appcache": "text/cache-manifest",
  "appinstaller": "application/appinstaller",
  "appx": "application/appx",
  "appxbundle": "application/appxbundle",
  "asc": "application/pgp-keys",
  "atom": "application/atom+xml",
  "atomcat": "application/atomcat+xml",
  "atomdeleted": "application/atomdeleted+xml",
  "atomsvc": "application/atomsvc+xml",
  "au": "audio/basic",
  "avci": "image/avci",
  "avcs": "image/avcs",
  "avif": "image/avif",
  "aw": "application/applixware",
  "bdoc": "application/bdoc",
  "bin": "application/octet-stream",
  "bmp": "image/bmp",
  "bpk": "application/octet-stream",
  "btf": "image/prs.btif",
  "btif": "image/prs.btif",
  "buffer": "application/octet-stream",
  "ccxml": "application/ccxml+xml",
  "cdfx": "application/cdfx+xml",
  "cdmia": "application/cdmi-capability",
  "cdmic": "application/cdmi-container",
  "cdmid": "application/cdmi-domain",
  "cdmio": "application/cdmi-object",
  "cdmiq": "application/cdmi-queue",
  "cer": "application/pkix-cert",
  "cgm": "image/cgm",
  "cjs": "application/node",
  "class": "application/java-vm",
  "coffee": "text/coffeescript",
  "conf": "text/plain",
  "cpl": "application/cpl+xml",
  "cpt": "application/mac-compactpro",
  "crl": "application/pkix-crl",
  "css": "text/css",
  "csv": "text/csv",
  "cu": "application/cu-seeme",
  "cwl": "application/cwl",
  "cww": "application/prs.cww",
  "davmount": "application/davmount+xml",
  "dbk": "application/docbook+xml",
  "deb": "application/octet-stream",
  "def": "text/plain",
  "deploy": "application/octet-stream",
  "dib": "image/bmp",
  "disposition-notification": "message/disposition-notification",
  "dist": "application/octet-stream",
  "distz": "application/octet-stream",
  "dll": "application/octet-stream",
  "dmg": "application/octet-stream",
  "dms": "application/octet-stream",
  "doc": "application/msword",
  "dot": "application/msword",
  "dpx": "image/dpx",
  "drle": "image/dicom-rle",
  "dsc": "text/prs.lines.tag",
  "dssc": "application/dssc+der",
  "dtd": "application/xml-dtd",
  "dump": "application/octet-stream",
  "dwd": "application/atsc-dwd+xml",
  "ear": "application/java-archive",
  "ecma": "application/ecmascript",
  "elc": "application/octet-stream",
  "emf": "image/emf",
  "eml": "message/rfc822",
  "emma": "application/emma+xml",
  "emotionml": "application/emotionml+xml",
  "eps": "application/postscript",
  "epub": "application/epub+zip",
  "exe": "application/octet-stream",
  "exi": "application/exi",
  "exp": "application/express",
  "exr": "image/aces",
  "ez": "application/andrew-inset",
  "fdf": "application/fdf",
  "fdt": "application/fdt+xml",
  "fits": "image/fits",
  "g3": "image/g3fax",
  "gbr": "application/rpki-ghostbusters",
  "geojson": "application/geo+json",
  "gif": "image/gif",
  "glb": "model/gltf-binary",
  "gltf": "model/gltf+json",
  "gml": "application/gml+xml",
  "gpx": "application/gpx+xml",
  "gram": "application/srgs",
  "grxml": "application/srgs+xml",
  "gxf": "application/gxf",
  "gz": "application/gzip",
  "h261": "video/h261",
  "h263": "video/h263",
  "h264": "video/h264",
  "heic": "image/heic",
  "heics": "image/heic-sequence",
  "heif": "image/heif",
  "heifs": "image/heif-sequence",
  "hej2": "image/hej2k",
  "held": "application/atsc-held+xml",
  "hjson": "application/hjson",
  "hlp": "application/winhlp",
  "hqx": "application/mac-binhex40",
  "hsj2": "image/hsj2",
  "htm": "text/html",
  "html": "text/html",
  "ics": "text/calendar",
  "ief": "image/ief",
  "ifb": "text/calendar",
  "iges": "model/iges",
  "igs": "model/iges",
  "img": "application/octet-stream",
  "in": "text/plain",
  "ini": "text/plain",
  "ink": "application/inkml+xml",
  "inkml": "application/inkml+xml",
  "ipfix": "application/ipfix",
  "iso": "application/octet-stream",
  "its": "application/its+xml",
  "jade": "text/jade",
  "jar": "application/java-archive",
  "jhc": "image/jphc",
  "jls": "image/jls",
  "jp2": "image/jp2",
  "jpe": "image/jpeg",
  "jpeg": "image/jpeg",
  "jpf": "image/jpx",
  "jpg": "image/jpeg",
  "jpg2": "image/jp2",
  "jpgm": "image/jpm",
  "jpgv": "video/jpeg",
  "jph": "image/jph",
  "jpm": "image/jpm",
  "jpx": "image/jpx",
  "js": "text/javascript",
  "json": "application/json",
  "json5": "application/json5",
  "jsonld": "application/ld+json",
  "jsonml": "application/jsonml+json",
  "jsx": "text/jsx",
  "jt": "model/jt",
  "jxl": "image/jxl",
  "jxr": "image/jxr",
  "jxra": "image/jxra",
  "jxrs": "image/jxrs",
  "jxs": "image/jxs",
  "jxsc": "image/jxsc",
  "jxsi": "image/jxsi",
  "jxss": "image/jxss",
  "kar": "audio/midi",
  "ktx": "image/ktx",
  "ktx2": "image/ktx2",
  "less": "text/less",
  "lgr": "application/lgr+xml",
  "list": "text/plain",
  "litcoffee": "text/coffeescript",
  "log": "text/plain",
  "lostxml": "application/lost+xml",
  "lrf": "application/octet-stream",
  "m1v": "video/mpeg",
  "m21": "application/mp21",
  "m2a": "audio/mpeg",
  "m2t": "video/mp2t",
  "m2ts": "video/mp2t",
  "m2v": "video/mpeg",
  "m3a": "audio/mpeg",
  "m4a": "audio/mp4",
  "m4p": "application/mp4",
  "m4s": "video/iso.segment",
  "ma": "application/mathematica",
  "mads": "application/mads+xml",
  "maei": "application/mmt-aei+xml",
  "man": "text/troff",
  "manifest": "text/cache-manifest",
  "map": "application/json",
  "mar": "application/octet-stream",
  "markdown": "text/markdown",
  "mathml": "application/mathml+xml",
  "mb": "application/mathematica",
  "mbox": "application/mbox",
  "md": "text/markdown",
  "mdx": "text/mdx",
  "me": "text/troff",
  "mesh": "model/mesh",
  "meta4": "application/metalink4+xml",
  "metalink": "application/metalink+xml",
  "mets": "application/mets+xml",
  "mft": "application/rpki-manifest",
  "mid": "audio/midi",
  "midi": "audio/midi",
  "mime": "message/rfc822",
  "mj2": "video/mj2",
  "mjp2": "video/mj2",
  "mjs": "text/javascript",
  "mml": "text/mathml",
  "mods": "application/mods+xml",
  "mov": "video/quicktime",
  "mp2": "audio/mpeg",
  "mp21": "application/mp21",
  "mp2a": "audio/mpeg",
  "mp3": "audio/mpeg",
  "mp4": "video/mp4",
  "mp4a": "audio/mp4",
  "mp4s": "application/mp4",
  "mp4v": "video/mp4",
  "mpd": "application/dash+xml",
  "mpe": "video/mpeg",
  "mpeg": "video/mpeg",
  "mpf": "application/media-policy-dataset+xml",
  "mpg": "video/mpeg",
  "mpg4": "video/mp4",
  "mpga": "audio/mpeg",
  "mpp": "application/dash-patch+xml",
  "mrc": "application/marc",
  "mrcx": "application/marcxml+xml",
  "ms": "text/troff",
  "mscml": "application/mediaservercontrol+xml",
  "msh": "model/mesh",
  "msi": "application/octet-stream",
  "msix": "application/msix",
  "msixbundle": "application/msixbundle",
  "msm": "application/octet-stream",
  "msp": "application/octet-stream",
  "mtl": "model/mtl",
  "mts": "video/mp2t",
  "musd": "application/mmt-usd+xml",
  "mxf": "application/mxf",
  "mxmf": "audio/mobile-xmf",
  "mxml": "application/xv+xml",
  "n3": "text/n3",
  "nb": "application/mathematica",
  "nq": "application/n-quads",
  "nt": "application/n-triples",
  "obj": "model/obj",
  "oda": "application/oda",
  "oga": "audio/ogg",
  "ogg": "audio/ogg",
  "ogv": "video/ogg",
  "ogx": "application/ogg",
  "omdoc": "application/omdoc+xml",
  "onepkg": "application/onenote",
  "onetmp": "application/onenote",
  "onetoc": "application/onenote",
  "onetoc2": "application/onenote",
  "opf": "application/oebps-package+xml",
  "opus": "audio/ogg",
  "otf": "font/otf",
  "owl": "application/rdf+xml",
  "oxps": "application/oxps",
  "p10": "application/pkcs10",
  "p7c": "application/pkcs7-mime",
  "p7m": "application/pkcs7-mime",
  "p7s": "application/pkcs7-signature",
  "p8": "application/pkcs8",
  "pdf": "application/pdf",
  "pfr": "application/font-tdpfr",
  "pgp": "application/pgp-encrypted",
  "pkg": "application/octet-stream",
  "pki": "application/pkixcmp",
  "pkipath": "application/pkix-pkipath",
  "pls": "application/pls+xml",
  "png": "image/png",
  "prc": "model/prc",
  "prf": "application/pics-rules",
  "provx": "application/provenance+xml",
  "ps": "application/postscript",
  "pskcxml": "application/pskc+xml",
  "pti": "image/prs.pti",
  "qt": "video/quicktime",
  "raml": "application/raml+yaml",
  "rapd": "application/route-apd+xml",
  "rdf": "application/rdf+xml",
  "relo": "application/p2p-overlay+xml",
  "rif": "application/reginfo+xml",
  "rl": "application/resource-lists+xml",
  "rld": "application/resource-lists-diff+xml",
  "rmi": "audio/midi",
  "rnc": "application/relax-ng-compact-syntax",
  "rng": "application/xml",
  "roa": "application/rpki-roa",
  "roff": "text/troff",
  "rq": "application/sparql-query",
  "rs": "application/rls-services+xml",
  "rsat": "application/atsc-rsat+xml",
  "rsd": "application/rsd+xml",
  "rsheet": "application/urc-ressheet+xml",
  "rss": "application/rss+xml",
  "rtf": "text/rtf",
  "rtx": "text/richtext",
  "rusd": "application/route-usd+xml",
  "s3m": "audio/s3m",
  "sbml": "application/sbml+xml",
  "scq": "application/scvp-cv-request",
  "scs": "application/scvp-cv-response",
  "sdp": "application/sdp",
  "senmlx": "application/senml+xml",
  "sensmlx": "application/sensml+xml",
  "ser": "application/java-serialized-object",
  "setpay": "application/set-payment-initiation",
  "setreg": "application/set-registration-initiation",
  "sgi": "image/sgi",
  "sgm": "text/sgml",
  "sgml": "text/sgml",
  "shex": "text/shex",
  "shf": "application/shf+xml",
  "shtml": "text/html",
  "sieve": "application/sieve",
  "sig": "application/pgp-signature",
  "sil": "audio/silk",
  "silo": "model/mesh",
  "siv": "application/sieve",
  "slim": "text/slim",
  "slm": "text/slim",
  "sls": "application/route-s-tsid+xml",
  "smi": "application/smil+xml",
  "smil": "application/smil+xml",
  "snd": "audio/basic",
  "so": "application/octet-stream",
  "spdx": "text/spdx",
  "spp": "application/scvp-vp-response",
  "spq": "application/scvp-vp-request",
  "spx": "audio/ogg",
  "sql": "application/sql",
  "sru": "application/sru+xml",
  "srx": "application/sparql-results+xml",
  "ssdl": "application/ssdl+xml",
  "ssml": "application/ssml+xml",
  "stk": "application/hyperstudio",
  "stl": "model/stl",
  "stpx": "model/step+xml",
  "stpxz": "model/step-xml+zip",
  "stpz": "model/step+zip",
  "styl": "text/stylus",
  "stylus": "text/stylus",
  "svg": "image/svg+xml",
  "svgz": "image/svg+xml",
  "swidtag": "application/swid+xml",
  "t": "text/troff",
  "t38": "image/t38",
  "td": "application/urc-targetdesc+xml",
  "tei": "application/tei+xml",
  "teicorpus": "application/tei+xml",
  "text": "text/plain",
  "tfi": "application/thraud+xml",
  "tfx": "image/tiff-fx",
  "tif": "image/tiff",
  "tiff": "image/tiff",
  "toml": "application/toml",
  "tr": "text/troff",
  "trig": "application/trig",
  "ts": "video/mp2t",
  "tsd": "application/timestamped-data",
  "tsv": "text/tab-separated-values",
  "ttc": "font/collection",
  "ttf": "font/ttf",
  "ttl": "text/turtle",
  "ttml": "application/ttml+xml",
  "txt": "text/plain",
  "u3d": "model/u3d",
  "u8dsn": "message/global-delivery-status",
  "u8hdr": "message/global-headers",
  "u8mdn": "message/global-disposition-notification",
  "u8msg": "message/global",
  "ubj": "application/ubjson",
  "uri": "text/uri-list",
  "uris": "text/uri-list",
  "urls": "text/uri-list",
  "vcard": "text/vcard",
  "vrml": "model/vrml",
  "vtt": "text/vtt",
  "vxml": "application/voicexml+xml",
  "war": "application/java-archive",
  "wasm": "application/wasm",
  "wav": "audio/wav",
  "weba": "audio/webm",
  "webm": "video/webm",
  "webmanifest": "application/manifest+json",
  "webp": "image/webp",
  "wgsl": "text/wgsl",
  "wgt": "application/widget",
  "wif": "application/watcherinfo+xml",
  "wmf": "image/wmf",
  "woff": "font/woff",
  "woff2": "font/woff2",
  "wrl": "model/vrml",
  "wsdl": "application/wsdl+xml",
  "wspolicy": "application/wspolicy+xml",
  "x3d": "model/x3d+xml",
  "x3db": "model/x3d+fastinfoset",
  "x3dbz": "model/x3d+binary",
  "x3dv": "model/x3d-vrml",
  "x3dvz": "model/x3d+vrml",
  "x3dz": "model/x3d+xml",
  "xaml": "application/xaml+xml",
  "xav": "application/xcap-att+xml",
  "xca": "application/xcap-caps+xml",
  "xcs": "application/calendar+xml",
  "xdf": "application/xcap-diff+xml",
  "xdssc": "application/dssc+xml",
  "xel": "application/xcap-el+xml",
  "xenc": "application/xenc+xml",
  "xer": "application/patch-ops-error+xml",
  "xfdf": "application/xfdf",
  "xht": "application/xhtml+xml",
  "xhtml": "application/xhtml+xml",
  "xhvml": "application/xv+xml",
  "xlf": "application/xliff+xml",
  "xm": "audio/xm",
  "xml": "text/xml",
  "xns": "application/xcap-ns+xml",
  "xop": "application/xop+xml",
  "xpl": "application/xproc+xml",
  "xsd": "application/xml",
  "xsf": "application/prs.xsf+xml",
  "xsl": "application/xml",
  "xslt": "application/xml",
  "xspf": "application/xspf+xml",
  "xvm": "application/xv+xml",
  "xvml": "application/xv+xml",
  "yaml": "text/yaml",
  "yang": "application/yang",
  "yin": "application/yin+xml",
  "yml": "text/yaml",
  "zip": "application/zip"
};

function lookup(extn) {
	let tmp = ('' + extn).trim().toLowerCase();
	let idx = tmp.lastIndexOf('.');
	return mimes[!~idx ? tmp : tmp.substring(++idx)];
}



;// CONCATENATED MODULE: ./actions/publish-assets/src/content-type.ts


/** What the library does not know, or knows otherwise than browsers do (https://developer.mozilla.org/docs/Web/HTTP/Guides/MIME_types/Common_types). */
const OWN = {
    '.cjs': 'text/javascript',
    '.cur': 'image/x-icon',
    '.eot': 'application/vnd.ms-fontobject',
    '.flac': 'audio/flac',
    '.ico': 'image/x-icon',
    '.m3u8': 'application/vnd.apple.mpegurl',
    '.topojson': 'application/json',
};
/** By the ending of a name. A browser takes no module of another type; a text without its encoding is read in the reader's own. */
function typeOf(name) {
    const ending = (0,external_node_path_.extname)(name).toLowerCase();
    const type = OWN[ending] ?? (ending === '' ? undefined : lookup(ending)) ?? 'application/octet-stream';
    return /^text\/|javascript|json|xml/.test(type) && type !== 'image/svg+xml' ? `${type}; charset=utf-8` : type;
}
/** What stores have called JavaScript over the years is the same to browsers. */
const isSameType = (one, other) => plain(one) === plain(other);
function plain(type) {
    const [name = ''] = type.split(';');
    return name
        .trim()
        .toLowerCase()
        .replace(/^(application|text)\/(x-)?(javascript|ecmascript)$/, 'text/javascript');
}

;// CONCATENATED MODULE: external "node:fs/promises"
const promises_namespaceObject = require("node:fs/promises");
;// CONCATENATED MODULE: ./actions/publish-assets/src/from-image.ts




/**
 * Copies a folder out of an image, of which nothing is started, and gives it to `work`; then it is gone again.
 * @throws UserError DA-ASSETS-IMAGE with Docker's own words
 */
async function withFolderOf(image, path, work, ports) {
    const { exec, env, signal } = ports;
    const docker = async (what, args, options = {}) => {
        const { code, stderr } = await exec.run('docker', args, options);
        if (code === 0)
            return;
        throw new src/* UserError */.yo('DA-ASSETS-IMAGE', `Docker could not ${what}: ${stderr.trim().split('\n').at(-1)}`, {
            hint: 'Is `path` a folder in it, and may Docker on this runner pull it? For a private one, docker/login-action comes before.',
        });
    };
    await docker(`get ${image}`, ['pull', '--quiet', image], { signal });
    const temporary = await (0,promises_namespaceObject.mkdtemp)((0,external_node_path_.join)(env.RUNNER_TEMP || '/tmp', 'assets-'));
    const container = (0,external_node_path_.basename)(temporary);
    try {
        // Named by us, and not given up half-way: a cancelled step leaves no container. It never runs, so what it would run does not matter.
        await docker(`open ${image}`, ['create', '--pull', 'never', '--name', container, '--network', 'none', '--entrypoint', '/none', image]);
        await docker(`copy ${path} out of ${image}`, ['cp', `${container}:${path}/.`, temporary]);
        signal.throwIfAborted();
        return await work(temporary);
    }
    finally {
        await exec.run('docker', ['rm', '--force', '--volumes', container]);
        (0,external_node_fs_.rmSync)(temporary, { recursive: true, force: true });
    }
}

;// CONCATENATED MODULE: ./actions/publish-assets/src/seen-by-visitors.ts



const TRIES = 6;
const PAUSE_MS = 5_000;
const PATIENCE_MS = 10_000;
/**
 * Asks for each of these as a browser does, a few times, because a CDN needs a moment.
 * @throws UserError DA-ASSETS-UNREACHABLE of the first that does not come as it should
 */
async function seenByVisitors(files, ports) {
    await (0,s3_src/* someAtOnce */.ZQ)(files, async (file) => {
        for (let tries = 1;; tries += 1) {
            const problem = await problemOf(file, ports);
            if (problem === undefined)
                return;
            if (tries === TRIES)
                throw notSeen(file, problem);
            await ports.clock.sleep(PAUSE_MS, ports.signal);
        }
    });
}
async function problemOf({ url, type, size, sent }, { fetch, signal }) {
    try {
        const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
        if (!response.ok)
            return `status ${response.status}`;
        const came = response.headers.get('content-type') ?? 'none';
        // A page for everything that is not there has a type of its own, whoever sent the file.
        if (!isSameType(came, type) && (sent || isSameType(came, 'text/html')))
            return `the type ${came} instead of ${type}`;
        const length = response.headers.get('content-length');
        const isWhole = length === null || response.headers.has('content-encoding') || Number(length) === size;
        return isWhole ? undefined : `${length} bytes instead of ${size}`;
    }
    catch (error) {
        signal.throwIfAborted();
        return (0,src/* messageOf */.bD)(error);
    }
}
const notSeen = ({ url, sent }, problem) => new src/* UserError */.yo('DA-ASSETS-UNREACHABLE', `${url} does not come as it should: ${problem}`, {
    hint: 'May everybody read the bucket (`acl: public-read`, or a rule of the bucket), and is `url` the address of `s3-prefix` there? The files are in the bucket; nothing else was done.'.concat(sent ? '' : ' This one was there before, and keeps the right and the headers that it has: `overwrite: true` sends it anew.'),
});

;// CONCATENATED MODULE: ./actions/publish-assets/src/publish.ts








/** Brings what is new into the bucket; what is there under the same name stays as it is, or nothing is sent at all. */
async function publish(given, ports) {
    const { folder, image, path = '', exclude } = given;
    if (image !== undefined)
        return withFolderOf(image, path, async (copied) => send(await filesIn(copied, `${path} of ${image}`, exclude), given, ports), ports);
    const named = folder;
    return send(await filesIn((0,external_node_path_.join)(ports.env.GITHUB_WORKSPACE ?? '.', named), named, exclude), given, ports);
}
async function send(files, given, ports) {
    const place = { ...(0,s3_src/* placeOf */.$t)(given), rights: RIGHTS };
    const bucket = new s3_src/* Bucket */.fW(place, ports);
    const keyOf = ({ name }) => external_node_path_.posix.join(given.s3Prefix ?? '', name);
    const there = new Map((await bucket.list(given.s3Prefix === undefined ? '' : `${given.s3Prefix}/`)).map((one) => [one.key, one]));
    const others = [];
    await (0,s3_src/* someAtOnce */.ZQ)(files, async (file) => {
        const stored = there.get(keyOf(file));
        if (stored !== undefined && !(await isSame(file, stored, bucket)))
            others.push(file);
    });
    if (others.length > 0 && (!given.overwrite || isForGood(given)))
        throw changed(others.map(keyOf), place);
    // Also those with the same bytes: they may have had other headers, or another right.
    const wanted = given.overwrite ? files : files.filter((file) => !there.has(keyOf(file)));
    if (!given.dryRun)
        await (0,s3_src/* someAtOnce */.ZQ)(wanted, async (file) => {
            const { acl } = given;
            const headers = { 'content-type': typeOf(file.name), 'cache-control': given.cacheControl, ...(acl && { 'x-amz-acl': acl }) };
            await bucket.upload(keyOf(file), (0,external_node_fs_.createReadStream)(file.path), (0,s3_src/* partBytesFor */.AA)(file.size), headers);
            ports.log.info(`sent ${keyOf(file)}`);
        });
    if (given.url !== undefined && !given.dryRun)
        await seenByVisitors(files.map((file) => ({
            url: `${given.url}/${file.name.split('/').map(encodeURIComponent).join('/')}`,
            ...{ type: typeOf(file.name), size: file.size, sent: wanted.includes(file) },
        })), ports);
    return report({ files, wanted, given, place }, ports);
}
/** The ETag is the MD5 of most objects; of what is encrypted with a key of its own, or came in parts, it is not, and the bytes say it. */
async function isSame(file, stored, bucket) {
    if (stored.size !== file.size)
        return false;
    return stored.etag.replaceAll('"', '') === file.md5 || (await md5Of(await bucket.require(stored.key))) === file.md5;
}
const changed = (keys, place) => new src/* UserError */.yo('DA-ASSETS-CHANGED', `${(0,s3_src/* nameOf */.Vb)(place)} has ${listed(keys)} with other bytes`, {
    hint: 'Browsers and the CDN keep what they have. Let the build put a hash into the names; for names that stay, take a step with `overwrite: true` and a short `cache-control`.',
});
const isForGood = ({ cacheControl }) => /\bimmutable\b/.test(cacheControl);
const RIGHTS = 'It needs s3:ListBucket, s3:GetObject, s3:PutObject and s3:AbortMultipartUpload, with `acl` also s3:PutObjectAcl; and the bucket must not block what `acl` gives.';
function report({ files, wanted, given, place }, { outputs, summary, log }) {
    const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
    const status = given.dryRun ? 'planned' : wanted.length === 0 ? 'unchanged' : 'published';
    outputs.set('status', status);
    outputs.set('sent', given.dryRun ? '0' : String(wanted.length));
    outputs.set('bytes', given.dryRun ? '0' : String(bytes));
    outputs.set('files', String(files.length));
    const words = `${wanted.length} of ${files.length} files, ${bytes} bytes`;
    log.info(given.dryRun ? `would send ${words} to ${(0,s3_src/* nameOf */.Vb)(place)}` : `${words}, sent to ${(0,s3_src/* nameOf */.Vb)(place)}; the others were there`);
    summary.heading(`${HEADINGS[status]} — ${place.bucket}`);
    summary.table(['Files', 'New', 'Bytes', 'Cache'], [[String(files.length), String(wanted.length), String(bytes), `\`${given.cacheControl}\``]]);
    if (wanted.length > 0)
        summary.details('New files', wanted.map(({ name }) => name).join('\n'));
    return 'ok';
}
const HEADINGS = { planned: '📋 Planned: nothing was sent', unchanged: '✅ All files were there', published: '✅ Published' };


/***/ }),

/***/ 925:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  Fp: () => (/* reexport */ Mistake),
  yo: () => (/* reexport */ UserError),
  lc: () => (/* reexport */ bool),
  p_: () => (/* reexport */ list),
  wC: () => (/* reexport */ matching),
  bD: () => (/* reexport */ messageOf),
  yL: () => (/* reexport */ oneOf),
  lq: () => (/* reexport */ optional),
  wA: () => (/* reexport */ reader),
  Cs: () => (/* reexport */ runAction),
  rJ: () => (/* reexport */ secret)
});

// UNUSED EXPORTS: actionsExec, atLeastOne, camelCase, columns, createLog, createOutputs, createSecrets, createSummary, duration, each, formatDuration, formsOf, inputError, inputOf, integer, json, lines, nearest, optionalText, pairs, parseDuration, passedOn, prefixed, readInputs, reportFailure, requireInputs, shellRunner, systemClock, tellingOnce, text, upstream

;// CONCATENATED MODULE: external "node:string_decoder"
const external_node_string_decoder_namespaceObject = require("node:string_decoder");
;// CONCATENATED MODULE: external "string_decoder"
const external_string_decoder_namespaceObject = require("string_decoder");
;// CONCATENATED MODULE: external "os"
const external_os_namespaceObject = require("os");
// EXTERNAL MODULE: external "events"
var external_events_ = __nccwpck_require__(434);
;// CONCATENATED MODULE: external "child_process"
const external_child_process_namespaceObject = require("child_process");
;// CONCATENATED MODULE: external "path"
const external_path_namespaceObject = require("path");
// EXTERNAL MODULE: external "assert"
var external_assert_ = __nccwpck_require__(613);
;// CONCATENATED MODULE: external "fs"
const external_fs_namespaceObject = require("fs");
;// CONCATENATED MODULE: ./node_modules/@actions/io/lib/io-util.js
var __awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { chmod, copyFile, lstat, mkdir, open: io_util_open, readdir, rename, rm, rmdir, stat, symlink, unlink } = external_fs_namespaceObject.promises;
// export const {open} = 'fs'
const IS_WINDOWS = process.platform === 'win32';
/**
 * Custom implementation of readlink to ensure Windows junctions
 * maintain trailing backslash for backward compatibility with Node.js < 24
 *
 * In Node.js 20, Windows junctions (directory symlinks) always returned paths
 * with trailing backslashes. Node.js 24 removed this behavior, which breaks
 * code that relied on this format for path operations.
 *
 * This implementation restores the Node 20 behavior by adding a trailing
 * backslash to all junction results on Windows.
 */
function readlink(fsPath) {
    return __awaiter(this, void 0, void 0, function* () {
        const result = yield fs.promises.readlink(fsPath);
        // On Windows, restore Node 20 behavior: add trailing backslash to all results
        // since junctions on Windows are always directory links
        if (IS_WINDOWS && !result.endsWith('\\')) {
            return `${result}\\`;
        }
        return result;
    });
}
// See https://github.com/nodejs/node/blob/d0153aee367422d0858105abec186da4dff0a0c5/deps/uv/include/uv/win.h#L691
const UV_FS_O_EXLOCK = 0x10000000;
const READONLY = external_fs_namespaceObject.constants.O_RDONLY;
function exists(fsPath) {
    return __awaiter(this, void 0, void 0, function* () {
        try {
            yield stat(fsPath);
        }
        catch (err) {
            if (err.code === 'ENOENT') {
                return false;
            }
            throw err;
        }
        return true;
    });
}
function isDirectory(fsPath_1) {
    return __awaiter(this, arguments, void 0, function* (fsPath, useStat = false) {
        const stats = useStat ? yield stat(fsPath) : yield lstat(fsPath);
        return stats.isDirectory();
    });
}
/**
 * On OSX/Linux, true if path starts with '/'. On Windows, true for paths like:
 * \, \hello, \\hello\share, C:, and C:\hello (and corresponding alternate separator cases).
 */
function isRooted(p) {
    p = normalizeSeparators(p);
    if (!p) {
        throw new Error('isRooted() parameter "p" cannot be empty');
    }
    if (IS_WINDOWS) {
        return (p.startsWith('\\') || /^[A-Z]:/i.test(p) // e.g. \ or \hello or \\hello
        ); // e.g. C: or C:\hello
    }
    return p.startsWith('/');
}
/**
 * Best effort attempt to determine whether a file exists and is executable.
 * @param filePath    file path to check
 * @param extensions  additional file extensions to try
 * @return if file exists and is executable, returns the file path. otherwise empty string.
 */
function tryGetExecutablePath(filePath, extensions) {
    return __awaiter(this, void 0, void 0, function* () {
        let stats = undefined;
        try {
            // test file exists
            stats = yield stat(filePath);
        }
        catch (err) {
            if (err.code !== 'ENOENT') {
                // eslint-disable-next-line no-console
                console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
            }
        }
        if (stats && stats.isFile()) {
            if (IS_WINDOWS) {
                // on Windows, test for valid extension
                const upperExt = external_path_namespaceObject.extname(filePath).toUpperCase();
                if (extensions.some(validExt => validExt.toUpperCase() === upperExt)) {
                    return filePath;
                }
            }
            else {
                if (isUnixExecutable(stats)) {
                    return filePath;
                }
            }
        }
        // try each extension
        const originalFilePath = filePath;
        for (const extension of extensions) {
            filePath = originalFilePath + extension;
            stats = undefined;
            try {
                stats = yield stat(filePath);
            }
            catch (err) {
                if (err.code !== 'ENOENT') {
                    // eslint-disable-next-line no-console
                    console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
                }
            }
            if (stats && stats.isFile()) {
                if (IS_WINDOWS) {
                    // preserve the case of the actual file (since an extension was appended)
                    try {
                        const directory = external_path_namespaceObject.dirname(filePath);
                        const upperName = external_path_namespaceObject.basename(filePath).toUpperCase();
                        for (const actualName of yield readdir(directory)) {
                            if (upperName === actualName.toUpperCase()) {
                                filePath = external_path_namespaceObject.join(directory, actualName);
                                break;
                            }
                        }
                    }
                    catch (err) {
                        // eslint-disable-next-line no-console
                        console.log(`Unexpected error attempting to determine the actual case of the file '${filePath}': ${err}`);
                    }
                    return filePath;
                }
                else {
                    if (isUnixExecutable(stats)) {
                        return filePath;
                    }
                }
            }
        }
        return '';
    });
}
function normalizeSeparators(p) {
    p = p || '';
    if (IS_WINDOWS) {
        // convert slashes on Windows
        p = p.replace(/\//g, '\\');
        // remove redundant slashes
        return p.replace(/\\\\+/g, '\\');
    }
    // remove redundant slashes
    return p.replace(/\/\/+/g, '/');
}
// on Mac/Linux, test the execute bit
//     R   W  X  R  W X R W X
//   256 128 64 32 16 8 4 2 1
function isUnixExecutable(stats) {
    return ((stats.mode & 1) > 0 ||
        ((stats.mode & 8) > 0 &&
            process.getgid !== undefined &&
            stats.gid === process.getgid()) ||
        ((stats.mode & 64) > 0 &&
            process.getuid !== undefined &&
            stats.uid === process.getuid()));
}
// Get the path of cmd.exe in windows
function getCmdPath() {
    var _a;
    return (_a = process.env['COMSPEC']) !== null && _a !== void 0 ? _a : `cmd.exe`;
}
//# sourceMappingURL=io-util.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/io/lib/io.js
var io_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



/**
 * Copies a file or folder.
 * Based off of shelljs - https://github.com/shelljs/shelljs/blob/9237f66c52e5daa40458f94f9565e18e8132f5a6/src/cp.js
 *
 * @param     source    source path
 * @param     dest      destination path
 * @param     options   optional. See CopyOptions.
 */
function cp(source_1, dest_1) {
    return io_awaiter(this, arguments, void 0, function* (source, dest, options = {}) {
        const { force, recursive, copySourceDirectory } = readCopyOptions(options);
        const destStat = (yield ioUtil.exists(dest)) ? yield ioUtil.stat(dest) : null;
        // Dest is an existing file, but not forcing
        if (destStat && destStat.isFile() && !force) {
            return;
        }
        // If dest is an existing directory, should copy inside.
        const newDest = destStat && destStat.isDirectory() && copySourceDirectory
            ? path.join(dest, path.basename(source))
            : dest;
        if (!(yield ioUtil.exists(source))) {
            throw new Error(`no such file or directory: ${source}`);
        }
        const sourceStat = yield ioUtil.stat(source);
        if (sourceStat.isDirectory()) {
            if (!recursive) {
                throw new Error(`Failed to copy. ${source} is a directory, but tried to copy without recursive flag.`);
            }
            else {
                yield cpDirRecursive(source, newDest, 0, force);
            }
        }
        else {
            if (path.relative(source, newDest) === '') {
                // a file cannot be copied to itself
                throw new Error(`'${newDest}' and '${source}' are the same file`);
            }
            yield io_copyFile(source, newDest, force);
        }
    });
}
/**
 * Moves a path.
 *
 * @param     source    source path
 * @param     dest      destination path
 * @param     options   optional. See MoveOptions.
 */
function mv(source_1, dest_1) {
    return io_awaiter(this, arguments, void 0, function* (source, dest, options = {}) {
        if (yield ioUtil.exists(dest)) {
            let destExists = true;
            if (yield ioUtil.isDirectory(dest)) {
                // If dest is directory copy src into dest
                dest = path.join(dest, path.basename(source));
                destExists = yield ioUtil.exists(dest);
            }
            if (destExists) {
                if (options.force == null || options.force) {
                    yield rmRF(dest);
                }
                else {
                    throw new Error('Destination already exists');
                }
            }
        }
        yield mkdirP(path.dirname(dest));
        yield ioUtil.rename(source, dest);
    });
}
/**
 * Remove a path recursively with force
 *
 * @param inputPath path to remove
 */
function rmRF(inputPath) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (ioUtil.IS_WINDOWS) {
            // Check for invalid characters
            // https://docs.microsoft.com/en-us/windows/win32/fileio/naming-a-file
            if (/[*"<>|]/.test(inputPath)) {
                throw new Error('File path must not contain `*`, `"`, `<`, `>` or `|` on Windows');
            }
        }
        try {
            // note if path does not exist, error is silent
            yield ioUtil.rm(inputPath, {
                force: true,
                maxRetries: 3,
                recursive: true,
                retryDelay: 300
            });
        }
        catch (err) {
            throw new Error(`File was unable to be removed ${err}`);
        }
    });
}
/**
 * Make a directory.  Creates the full path with folders in between
 * Will throw if it fails
 *
 * @param   fsPath        path to create
 * @returns Promise<void>
 */
function mkdirP(fsPath) {
    return io_awaiter(this, void 0, void 0, function* () {
        ok(fsPath, 'a path argument must be provided');
        yield ioUtil.mkdir(fsPath, { recursive: true });
    });
}
/**
 * Returns path of a tool had the tool actually been invoked.  Resolves via paths.
 * If you check and the tool does not exist, it will throw.
 *
 * @param     tool              name of the tool
 * @param     check             whether to check if tool exists
 * @returns   Promise<string>   path to tool
 */
function which(tool, check) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (!tool) {
            throw new Error("parameter 'tool' is required");
        }
        // recursive when check=true
        if (check) {
            const result = yield which(tool, false);
            if (!result) {
                if (IS_WINDOWS) {
                    throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also verify the file has a valid extension for an executable file.`);
                }
                else {
                    throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also check the file mode to verify the file is executable.`);
                }
            }
            return result;
        }
        const matches = yield findInPath(tool);
        if (matches && matches.length > 0) {
            return matches[0];
        }
        return '';
    });
}
/**
 * Returns a list of all occurrences of the given tool on the system path.
 *
 * @returns   Promise<string[]>  the paths of the tool
 */
function findInPath(tool) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (!tool) {
            throw new Error("parameter 'tool' is required");
        }
        // build the list of extensions to try
        const extensions = [];
        if (IS_WINDOWS && process.env['PATHEXT']) {
            for (const extension of process.env['PATHEXT'].split(external_path_namespaceObject.delimiter)) {
                if (extension) {
                    extensions.push(extension);
                }
            }
        }
        // if it's rooted, return it if exists. otherwise return empty.
        if (isRooted(tool)) {
            const filePath = yield tryGetExecutablePath(tool, extensions);
            if (filePath) {
                return [filePath];
            }
            return [];
        }
        // if any path separators, return empty
        if (tool.includes(external_path_namespaceObject.sep)) {
            return [];
        }
        // build the list of directories
        //
        // Note, technically "where" checks the current directory on Windows. From a toolkit perspective,
        // it feels like we should not do this. Checking the current directory seems like more of a use
        // case of a shell, and the which() function exposed by the toolkit should strive for consistency
        // across platforms.
        const directories = [];
        if (process.env.PATH) {
            for (const p of process.env.PATH.split(external_path_namespaceObject.delimiter)) {
                if (p) {
                    directories.push(p);
                }
            }
        }
        // find all matches
        const matches = [];
        for (const directory of directories) {
            const filePath = yield tryGetExecutablePath(external_path_namespaceObject.join(directory, tool), extensions);
            if (filePath) {
                matches.push(filePath);
            }
        }
        return matches;
    });
}
function readCopyOptions(options) {
    const force = options.force == null ? true : options.force;
    const recursive = Boolean(options.recursive);
    const copySourceDirectory = options.copySourceDirectory == null
        ? true
        : Boolean(options.copySourceDirectory);
    return { force, recursive, copySourceDirectory };
}
function cpDirRecursive(sourceDir, destDir, currentDepth, force) {
    return io_awaiter(this, void 0, void 0, function* () {
        // Ensure there is not a run away recursive copy
        if (currentDepth >= 255)
            return;
        currentDepth++;
        yield mkdirP(destDir);
        const files = yield ioUtil.readdir(sourceDir);
        for (const fileName of files) {
            const srcFile = `${sourceDir}/${fileName}`;
            const destFile = `${destDir}/${fileName}`;
            const srcFileStat = yield ioUtil.lstat(srcFile);
            if (srcFileStat.isDirectory()) {
                // Recurse
                yield cpDirRecursive(srcFile, destFile, currentDepth, force);
            }
            else {
                yield io_copyFile(srcFile, destFile, force);
            }
        }
        // Change the mode for the newly created directory
        yield ioUtil.chmod(destDir, (yield ioUtil.stat(sourceDir)).mode);
    });
}
// Buffered file copy
function io_copyFile(srcFile, destFile, force) {
    return io_awaiter(this, void 0, void 0, function* () {
        if ((yield ioUtil.lstat(srcFile)).isSymbolicLink()) {
            // unlink/re-link it
            try {
                yield ioUtil.lstat(destFile);
                yield ioUtil.unlink(destFile);
            }
            catch (e) {
                // Try to override file permission
                if (e.code === 'EPERM') {
                    yield ioUtil.chmod(destFile, '0666');
                    yield ioUtil.unlink(destFile);
                }
                // other errors = it doesn't exist, no work to do
            }
            // Copy over symlink
            const symlinkFull = yield ioUtil.readlink(srcFile);
            yield ioUtil.symlink(symlinkFull, destFile, ioUtil.IS_WINDOWS ? 'junction' : null);
        }
        else if (!(yield ioUtil.exists(destFile)) || force) {
            yield ioUtil.copyFile(srcFile, destFile);
        }
    });
}
//# sourceMappingURL=io.js.map
;// CONCATENATED MODULE: external "timers"
const external_timers_namespaceObject = require("timers");
;// CONCATENATED MODULE: ./node_modules/@actions/exec/lib/toolrunner.js
var toolrunner_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};







/* eslint-disable @typescript-eslint/unbound-method */
const toolrunner_IS_WINDOWS = process.platform === 'win32';
/*
 * Class for running command line tools. Handles quoting and arg parsing in a platform agnostic way.
 */
class ToolRunner extends external_events_.EventEmitter {
    constructor(toolPath, args, options) {
        super();
        if (!toolPath) {
            throw new Error("Parameter 'toolPath' cannot be null or empty.");
        }
        this.toolPath = toolPath;
        this.args = args || [];
        this.options = options || {};
    }
    _debug(message) {
        if (this.options.listeners && this.options.listeners.debug) {
            this.options.listeners.debug(message);
        }
    }
    _getCommandString(options, noPrefix) {
        const toolPath = this._getSpawnFileName();
        const args = this._getSpawnArgs(options);
        let cmd = noPrefix ? '' : '[command]'; // omit prefix when piped to a second tool
        if (toolrunner_IS_WINDOWS) {
            // Windows + cmd file
            if (this._isCmdFile()) {
                cmd += toolPath;
                for (const a of args) {
                    cmd += ` ${a}`;
                }
            }
            // Windows + verbatim
            else if (options.windowsVerbatimArguments) {
                cmd += `"${toolPath}"`;
                for (const a of args) {
                    cmd += ` ${a}`;
                }
            }
            // Windows (regular)
            else {
                cmd += this._windowsQuoteCmdArg(toolPath);
                for (const a of args) {
                    cmd += ` ${this._windowsQuoteCmdArg(a)}`;
                }
            }
        }
        else {
            // OSX/Linux - this can likely be improved with some form of quoting.
            // creating processes on Unix is fundamentally different than Windows.
            // on Unix, execvp() takes an arg array.
            cmd += toolPath;
            for (const a of args) {
                cmd += ` ${a}`;
            }
        }
        return cmd;
    }
    _processLineBuffer(data, strBuffer, onLine) {
        try {
            let s = strBuffer + data.toString();
            let n = s.indexOf(external_os_namespaceObject.EOL);
            while (n > -1) {
                const line = s.substring(0, n);
                onLine(line);
                // the rest of the string ...
                s = s.substring(n + external_os_namespaceObject.EOL.length);
                n = s.indexOf(external_os_namespaceObject.EOL);
            }
            return s;
        }
        catch (err) {
            // streaming lines to console is best effort.  Don't fail a build.
            this._debug(`error processing line. Failed with error ${err}`);
            return '';
        }
    }
    _getSpawnFileName() {
        if (toolrunner_IS_WINDOWS) {
            if (this._isCmdFile()) {
                return process.env['COMSPEC'] || 'cmd.exe';
            }
        }
        return this.toolPath;
    }
    _getSpawnArgs(options) {
        if (toolrunner_IS_WINDOWS) {
            if (this._isCmdFile()) {
                let argline = `/D /S /C "${this._windowsQuoteCmdArg(this.toolPath)}`;
                for (const a of this.args) {
                    argline += ' ';
                    argline += options.windowsVerbatimArguments
                        ? a
                        : this._windowsQuoteCmdArg(a);
                }
                argline += '"';
                return [argline];
            }
        }
        return this.args;
    }
    _endsWith(str, end) {
        return str.endsWith(end);
    }
    _isCmdFile() {
        const upperToolPath = this.toolPath.toUpperCase();
        return (this._endsWith(upperToolPath, '.CMD') ||
            this._endsWith(upperToolPath, '.BAT'));
    }
    _windowsQuoteCmdArg(arg) {
        // for .exe, apply the normal quoting rules that libuv applies
        if (!this._isCmdFile()) {
            return this._uvQuoteCmdArg(arg);
        }
        // otherwise apply quoting rules specific to the cmd.exe command line parser.
        // the libuv rules are generic and are not designed specifically for cmd.exe
        // command line parser.
        //
        // for a detailed description of the cmd.exe command line parser, refer to
        // http://stackoverflow.com/questions/4094699/how-does-the-windows-command-interpreter-cmd-exe-parse-scripts/7970912#7970912
        // need quotes for empty arg
        if (!arg) {
            return '""';
        }
        // determine whether the arg needs to be quoted
        const cmdSpecialChars = [
            ' ',
            '\t',
            '&',
            '(',
            ')',
            '[',
            ']',
            '{',
            '}',
            '^',
            '=',
            ';',
            '!',
            "'",
            '+',
            ',',
            '`',
            '~',
            '|',
            '<',
            '>',
            '"'
        ];
        let needsQuotes = false;
        for (const char of arg) {
            if (cmdSpecialChars.some(x => x === char)) {
                needsQuotes = true;
                break;
            }
        }
        // short-circuit if quotes not needed
        if (!needsQuotes) {
            return arg;
        }
        // the following quoting rules are very similar to the rules that by libuv applies.
        //
        // 1) wrap the string in quotes
        //
        // 2) double-up quotes - i.e. " => ""
        //
        //    this is different from the libuv quoting rules. libuv replaces " with \", which unfortunately
        //    doesn't work well with a cmd.exe command line.
        //
        //    note, replacing " with "" also works well if the arg is passed to a downstream .NET console app.
        //    for example, the command line:
        //          foo.exe "myarg:""my val"""
        //    is parsed by a .NET console app into an arg array:
        //          [ "myarg:\"my val\"" ]
        //    which is the same end result when applying libuv quoting rules. although the actual
        //    command line from libuv quoting rules would look like:
        //          foo.exe "myarg:\"my val\""
        //
        // 3) double-up slashes that precede a quote,
        //    e.g.  hello \world    => "hello \world"
        //          hello\"world    => "hello\\""world"
        //          hello\\"world   => "hello\\\\""world"
        //          hello world\    => "hello world\\"
        //
        //    technically this is not required for a cmd.exe command line, or the batch argument parser.
        //    the reasons for including this as a .cmd quoting rule are:
        //
        //    a) this is optimized for the scenario where the argument is passed from the .cmd file to an
        //       external program. many programs (e.g. .NET console apps) rely on the slash-doubling rule.
        //
        //    b) it's what we've been doing previously (by deferring to node default behavior) and we
        //       haven't heard any complaints about that aspect.
        //
        // note, a weakness of the quoting rules chosen here, is that % is not escaped. in fact, % cannot be
        // escaped when used on the command line directly - even though within a .cmd file % can be escaped
        // by using %%.
        //
        // the saving grace is, on the command line, %var% is left as-is if var is not defined. this contrasts
        // the line parsing rules within a .cmd file, where if var is not defined it is replaced with nothing.
        //
        // one option that was explored was replacing % with ^% - i.e. %var% => ^%var^%. this hack would
        // often work, since it is unlikely that var^ would exist, and the ^ character is removed when the
        // variable is used. the problem, however, is that ^ is not removed when %* is used to pass the args
        // to an external program.
        //
        // an unexplored potential solution for the % escaping problem, is to create a wrapper .cmd file.
        // % can be escaped within a .cmd file.
        let reverse = '"';
        let quoteHit = true;
        for (let i = arg.length; i > 0; i--) {
            // walk the string in reverse
            reverse += arg[i - 1];
            if (quoteHit && arg[i - 1] === '\\') {
                reverse += '\\'; // double the slash
            }
            else if (arg[i - 1] === '"') {
                quoteHit = true;
                reverse += '"'; // double the quote
            }
            else {
                quoteHit = false;
            }
        }
        reverse += '"';
        return reverse.split('').reverse().join('');
    }
    _uvQuoteCmdArg(arg) {
        // Tool runner wraps child_process.spawn() and needs to apply the same quoting as
        // Node in certain cases where the undocumented spawn option windowsVerbatimArguments
        // is used.
        //
        // Since this function is a port of quote_cmd_arg from Node 4.x (technically, lib UV,
        // see https://github.com/nodejs/node/blob/v4.x/deps/uv/src/win/process.c for details),
        // pasting copyright notice from Node within this function:
        //
        //      Copyright Joyent, Inc. and other Node contributors. All rights reserved.
        //
        //      Permission is hereby granted, free of charge, to any person obtaining a copy
        //      of this software and associated documentation files (the "Software"), to
        //      deal in the Software without restriction, including without limitation the
        //      rights to use, copy, modify, merge, publish, distribute, sublicense, and/or
        //      sell copies of the Software, and to permit persons to whom the Software is
        //      furnished to do so, subject to the following conditions:
        //
        //      The above copyright notice and this permission notice shall be included in
        //      all copies or substantial portions of the Software.
        //
        //      THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
        //      IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
        //      FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
        //      AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
        //      LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING
        //      FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
        //      IN THE SOFTWARE.
        if (!arg) {
            // Need double quotation for empty argument
            return '""';
        }
        if (!arg.includes(' ') && !arg.includes('\t') && !arg.includes('"')) {
            // No quotation needed
            return arg;
        }
        if (!arg.includes('"') && !arg.includes('\\')) {
            // No embedded double quotes or backslashes, so I can just wrap
            // quote marks around the whole thing.
            return `"${arg}"`;
        }
        // Expected input/output:
        //   input : hello"world
        //   output: "hello\"world"
        //   input : hello""world
        //   output: "hello\"\"world"
        //   input : hello\world
        //   output: hello\world
        //   input : hello\\world
        //   output: hello\\world
        //   input : hello\"world
        //   output: "hello\\\"world"
        //   input : hello\\"world
        //   output: "hello\\\\\"world"
        //   input : hello world\
        //   output: "hello world\\" - note the comment in libuv actually reads "hello world\"
        //                             but it appears the comment is wrong, it should be "hello world\\"
        let reverse = '"';
        let quoteHit = true;
        for (let i = arg.length; i > 0; i--) {
            // walk the string in reverse
            reverse += arg[i - 1];
            if (quoteHit && arg[i - 1] === '\\') {
                reverse += '\\';
            }
            else if (arg[i - 1] === '"') {
                quoteHit = true;
                reverse += '\\';
            }
            else {
                quoteHit = false;
            }
        }
        reverse += '"';
        return reverse.split('').reverse().join('');
    }
    _cloneExecOptions(options) {
        options = options || {};
        const result = {
            cwd: options.cwd || process.cwd(),
            env: options.env || process.env,
            silent: options.silent || false,
            windowsVerbatimArguments: options.windowsVerbatimArguments || false,
            failOnStdErr: options.failOnStdErr || false,
            ignoreReturnCode: options.ignoreReturnCode || false,
            delay: options.delay || 10000
        };
        result.outStream = options.outStream || process.stdout;
        result.errStream = options.errStream || process.stderr;
        return result;
    }
    _getSpawnOptions(options, toolPath) {
        options = options || {};
        const result = {};
        result.cwd = options.cwd;
        result.env = options.env;
        result['windowsVerbatimArguments'] =
            options.windowsVerbatimArguments || this._isCmdFile();
        if (options.windowsVerbatimArguments) {
            result.argv0 = `"${toolPath}"`;
        }
        return result;
    }
    /**
     * Exec a tool.
     * Output will be streamed to the live console.
     * Returns promise with return code
     *
     * @param     tool     path to tool to exec
     * @param     options  optional exec options.  See ExecOptions
     * @returns   number
     */
    exec() {
        return toolrunner_awaiter(this, void 0, void 0, function* () {
            // root the tool path if it is unrooted and contains relative pathing
            if (!isRooted(this.toolPath) &&
                (this.toolPath.includes('/') ||
                    (toolrunner_IS_WINDOWS && this.toolPath.includes('\\')))) {
                // prefer options.cwd if it is specified, however options.cwd may also need to be rooted
                this.toolPath = external_path_namespaceObject.resolve(process.cwd(), this.options.cwd || process.cwd(), this.toolPath);
            }
            // if the tool is only a file name, then resolve it from the PATH
            // otherwise verify it exists (add extension on Windows if necessary)
            this.toolPath = yield which(this.toolPath, true);
            return new Promise((resolve, reject) => toolrunner_awaiter(this, void 0, void 0, function* () {
                this._debug(`exec tool: ${this.toolPath}`);
                this._debug('arguments:');
                for (const arg of this.args) {
                    this._debug(`   ${arg}`);
                }
                const optionsNonNull = this._cloneExecOptions(this.options);
                if (!optionsNonNull.silent && optionsNonNull.outStream) {
                    optionsNonNull.outStream.write(this._getCommandString(optionsNonNull) + external_os_namespaceObject.EOL);
                }
                const state = new ExecState(optionsNonNull, this.toolPath);
                state.on('debug', (message) => {
                    this._debug(message);
                });
                if (this.options.cwd && !(yield exists(this.options.cwd))) {
                    return reject(new Error(`The cwd: ${this.options.cwd} does not exist!`));
                }
                const fileName = this._getSpawnFileName();
                const cp = external_child_process_namespaceObject.spawn(fileName, this._getSpawnArgs(optionsNonNull), this._getSpawnOptions(this.options, fileName));
                let stdbuffer = '';
                if (cp.stdout) {
                    cp.stdout.on('data', (data) => {
                        if (this.options.listeners && this.options.listeners.stdout) {
                            this.options.listeners.stdout(data);
                        }
                        if (!optionsNonNull.silent && optionsNonNull.outStream) {
                            optionsNonNull.outStream.write(data);
                        }
                        stdbuffer = this._processLineBuffer(data, stdbuffer, (line) => {
                            if (this.options.listeners && this.options.listeners.stdline) {
                                this.options.listeners.stdline(line);
                            }
                        });
                    });
                }
                let errbuffer = '';
                if (cp.stderr) {
                    cp.stderr.on('data', (data) => {
                        state.processStderr = true;
                        if (this.options.listeners && this.options.listeners.stderr) {
                            this.options.listeners.stderr(data);
                        }
                        if (!optionsNonNull.silent &&
                            optionsNonNull.errStream &&
                            optionsNonNull.outStream) {
                            const s = optionsNonNull.failOnStdErr
                                ? optionsNonNull.errStream
                                : optionsNonNull.outStream;
                            s.write(data);
                        }
                        errbuffer = this._processLineBuffer(data, errbuffer, (line) => {
                            if (this.options.listeners && this.options.listeners.errline) {
                                this.options.listeners.errline(line);
                            }
                        });
                    });
                }
                cp.on('error', (err) => {
                    state.processError = err.message;
                    state.processExited = true;
                    state.processClosed = true;
                    state.CheckComplete();
                });
                cp.on('exit', (code) => {
                    state.processExitCode = code;
                    state.processExited = true;
                    this._debug(`Exit code ${code} received from tool '${this.toolPath}'`);
                    state.CheckComplete();
                });
                cp.on('close', (code) => {
                    state.processExitCode = code;
                    state.processExited = true;
                    state.processClosed = true;
                    this._debug(`STDIO streams have closed for tool '${this.toolPath}'`);
                    state.CheckComplete();
                });
                state.on('done', (error, exitCode) => {
                    if (stdbuffer.length > 0) {
                        this.emit('stdline', stdbuffer);
                    }
                    if (errbuffer.length > 0) {
                        this.emit('errline', errbuffer);
                    }
                    cp.removeAllListeners();
                    if (error) {
                        reject(error);
                    }
                    else {
                        resolve(exitCode);
                    }
                });
                if (this.options.input) {
                    if (!cp.stdin) {
                        throw new Error('child process missing stdin');
                    }
                    cp.stdin.end(this.options.input);
                }
            }));
        });
    }
}
/**
 * Convert an arg string to an array of args. Handles escaping
 *
 * @param    argString   string of arguments
 * @returns  string[]    array of arguments
 */
function argStringToArray(argString) {
    const args = [];
    let inQuotes = false;
    let escaped = false;
    let arg = '';
    function append(c) {
        // we only escape double quotes.
        if (escaped && c !== '"') {
            arg += '\\';
        }
        arg += c;
        escaped = false;
    }
    for (let i = 0; i < argString.length; i++) {
        const c = argString.charAt(i);
        if (c === '"') {
            if (!escaped) {
                inQuotes = !inQuotes;
            }
            else {
                append(c);
            }
            continue;
        }
        if (c === '\\' && escaped) {
            append(c);
            continue;
        }
        if (c === '\\' && inQuotes) {
            escaped = true;
            continue;
        }
        if (c === ' ' && !inQuotes) {
            if (arg.length > 0) {
                args.push(arg);
                arg = '';
            }
            continue;
        }
        append(c);
    }
    if (arg.length > 0) {
        args.push(arg.trim());
    }
    return args;
}
class ExecState extends external_events_.EventEmitter {
    constructor(options, toolPath) {
        super();
        this.processClosed = false; // tracks whether the process has exited and stdio is closed
        this.processError = '';
        this.processExitCode = 0;
        this.processExited = false; // tracks whether the process has exited
        this.processStderr = false; // tracks whether stderr was written to
        this.delay = 10000; // 10 seconds
        this.done = false;
        this.timeout = null;
        if (!toolPath) {
            throw new Error('toolPath must not be empty');
        }
        this.options = options;
        this.toolPath = toolPath;
        if (options.delay) {
            this.delay = options.delay;
        }
    }
    CheckComplete() {
        if (this.done) {
            return;
        }
        if (this.processClosed) {
            this._setResult();
        }
        else if (this.processExited) {
            this.timeout = (0,external_timers_namespaceObject.setTimeout)(ExecState.HandleTimeout, this.delay, this);
        }
    }
    _debug(message) {
        this.emit('debug', message);
    }
    _setResult() {
        // determine whether there is an error
        let error;
        if (this.processExited) {
            if (this.processError) {
                error = new Error(`There was an error when attempting to execute the process '${this.toolPath}'. This may indicate the process failed to start. Error: ${this.processError}`);
            }
            else if (this.processExitCode !== 0 && !this.options.ignoreReturnCode) {
                error = new Error(`The process '${this.toolPath}' failed with exit code ${this.processExitCode}`);
            }
            else if (this.processStderr && this.options.failOnStdErr) {
                error = new Error(`The process '${this.toolPath}' failed because one or more lines were written to the STDERR stream`);
            }
        }
        // clear the timeout
        if (this.timeout) {
            clearTimeout(this.timeout);
            this.timeout = null;
        }
        this.done = true;
        this.emit('done', error, this.processExitCode);
    }
    static HandleTimeout(state) {
        if (state.done) {
            return;
        }
        if (!state.processClosed && state.processExited) {
            const message = `The STDIO streams did not close within ${state.delay / 1000} seconds of the exit event from process '${state.toolPath}'. This may indicate a child process inherited the STDIO streams and has not yet exited.`;
            state._debug(message);
        }
        state._setResult();
    }
}
//# sourceMappingURL=toolrunner.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/exec/lib/exec.js
var exec_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


/**
 * Exec a command.
 * Output will be streamed to the live console.
 * Returns promise with return code
 *
 * @param     commandLine        command to execute (can include additional args). Must be correctly escaped.
 * @param     args               optional arguments for tool. Escaping is handled by the lib.
 * @param     options            optional exec options.  See ExecOptions
 * @returns   Promise<number>    exit code
 */
function exec_exec(commandLine, args, options) {
    return exec_awaiter(this, void 0, void 0, function* () {
        const commandArgs = argStringToArray(commandLine);
        if (commandArgs.length === 0) {
            throw new Error(`Parameter 'commandLine' cannot be null or empty.`);
        }
        // Path to tool to execute should be first arg
        const toolPath = commandArgs[0];
        args = commandArgs.slice(1).concat(args || []);
        const runner = new ToolRunner(toolPath, args, options);
        return runner.exec();
    });
}
/**
 * Exec a command and get the output.
 * Output will be streamed to the live console.
 * Returns promise with the exit code and collected stdout and stderr
 *
 * @param     commandLine           command to execute (can include additional args). Must be correctly escaped.
 * @param     args                  optional arguments for tool. Escaping is handled by the lib.
 * @param     options               optional exec options.  See ExecOptions
 * @returns   Promise<ExecOutput>   exit code, stdout, and stderr
 */
function getExecOutput(commandLine, args, options) {
    return exec_awaiter(this, void 0, void 0, function* () {
        var _a, _b;
        let stdout = '';
        let stderr = '';
        //Using string decoder covers the case where a mult-byte character is split
        const stdoutDecoder = new StringDecoder('utf8');
        const stderrDecoder = new StringDecoder('utf8');
        const originalStdoutListener = (_a = options === null || options === void 0 ? void 0 : options.listeners) === null || _a === void 0 ? void 0 : _a.stdout;
        const originalStdErrListener = (_b = options === null || options === void 0 ? void 0 : options.listeners) === null || _b === void 0 ? void 0 : _b.stderr;
        const stdErrListener = (data) => {
            stderr += stderrDecoder.write(data);
            if (originalStdErrListener) {
                originalStdErrListener(data);
            }
        };
        const stdOutListener = (data) => {
            stdout += stdoutDecoder.write(data);
            if (originalStdoutListener) {
                originalStdoutListener(data);
            }
        };
        const listeners = Object.assign(Object.assign({}, options === null || options === void 0 ? void 0 : options.listeners), { stdout: stdOutListener, stderr: stdErrListener });
        const exitCode = yield exec_exec(commandLine, args, Object.assign(Object.assign({}, options), { listeners }));
        //flush any remaining characters
        stdout += stdoutDecoder.end();
        stderr += stderrDecoder.end();
        return {
            exitCode,
            stdout,
            stderr
        };
    });
}
//# sourceMappingURL=exec.js.map
;// CONCATENATED MODULE: ./packages/kit/src/user-error.ts
/**
 * A failure that the person who runs the action can understand and end: it has a code, says what is wrong in `message`
 * and what to do in `hint`. Everything else that is thrown counts as a bug of ours.
 */
class UserError extends Error {
    name = 'UserError';
    code;
    hint;
    /** The line of a file of the repository that has to be changed. */
    at;
    constructor(code, message, options = {}) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.code = code;
        this.hint = options.hint;
        this.at = options.at;
    }
}
/** The message of whatever was thrown: only Errors are sure to have one. */
function messageOf(thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
}

;// CONCATENATED MODULE: ./packages/kit/src/actions-exec.ts



/** What stands in for the exit code of a program that a signal ended: `@actions/exec` does not say which signal it was. */
const BY_A_SIGNAL = 128;
/**
 * Programs of this machine, by way of `@actions/exec` (this file is its only importer). Two things it cannot do:
 * - end a program. When `signal` aborts, `run` rejects at once and the program goes on by itself, at the latest until the step's processes are
 *   cleaned up. What must not outlive a cancelled run needs a limit of its own (`timeout 60 …`).
 * - bear a program that ends before it has read its `stdin`: that ends our process too. Give `stdin` only to programs that read it all; without it
 *   a program's standard input stays open, and one that reads it waits for ever.
 *
 * The program is looked up in our own PATH, also where `env` gives another.
 */
const actionsExec = {
    run(program, args, options = {}) {
        return new Promise((resolve, reject) => {
            const { signal } = options;
            if (signal?.aborted)
                return reject(signal.reason);
            const abandon = () => reject(signal?.reason);
            signal?.addEventListener('abort', abandon, { once: true });
            runToItsEnd(program, args, options)
                .then(resolve, (cause) => reject(notStarted(program, cause)))
                .finally(() => signal?.removeEventListener('abort', abandon));
        });
    },
};
async function runToItsEnd(program, args, options) {
    const stdout = new Collector((line) => options.onLine?.(line, 'stdout'));
    const stderr = new Collector((line) => options.onLine?.(line, 'stderr'));
    const code = await exec_exec(asOneWord(program), [...args], {
        silent: true,
        ignoreReturnCode: true,
        // Never an empty input: writing even nothing to a program that has ended by then ends our process (seen with git: write EPIPE, unhandled).
        ...(options.stdin !== undefined && options.stdin.length > 0 && { input: Buffer.from(options.stdin) }),
        ...(options.cwd !== undefined && { cwd: options.cwd }),
        ...(options.env && { env: definedOf(options.env) }),
        // Its own line listeners lose a last line without an end and tear characters that arrive in two pieces.
        listeners: { stdout: (data) => stdout.take(data), stderr: (data) => stderr.take(data) },
    });
    return { code: code ?? BY_A_SIGNAL, stdout: stdout.end(), stderr: stderr.end() };
}
/** `exec` takes a command line apart at its spaces; quotes keep a program's path whole. */
const asOneWord = (program) => `"${program.replaceAll('"', '\\"')}"`;
function definedOf(env) {
    return Object.fromEntries(Object.entries(env).filter((entry) => entry[1] !== undefined));
}
function notStarted(program, cause) {
    return new UserError('DA-EXEC-NOT-FOUND', `cannot start \`${program}\`: ${messageOf(cause)}`, {
        hint: `Install ${program} on the machine that runs this step, or use a runner image that has it.`,
        cause,
    });
}
/** Gathers a stream as text and hands its lines on as they come. */
class Collector {
    all = '';
    rest = '';
    decoder = new external_node_string_decoder_namespaceObject.StringDecoder('utf8');
    onLine;
    constructor(onLine) {
        this.onLine = onLine;
    }
    take(data) {
        const text = this.decoder.write(data);
        this.all += text;
        const lines = (this.rest + text).split('\n');
        this.rest = lines.pop() ?? '';
        for (const line of lines)
            this.onLine(line.replace(/\r$/, ''));
    }
    /** The whole text; the last line is handed on, whether or not it has an end. */
    end() {
        if (this.rest !== '')
            this.onLine(this.rest);
        return this.all;
    }
}

;// CONCATENATED MODULE: ./packages/kit/src/clock.ts
/** The clock of this machine. */
const systemClock = {
    now: () => Date.now(),
    sleep(ms, signal) {
        return new Promise((resolve, reject) => {
            if (signal?.aborted)
                return reject(signal.reason);
            const stop = () => {
                clearTimeout(timer);
                reject(signal?.reason);
            };
            const timer = setTimeout(() => {
                signal?.removeEventListener('abort', stop);
                resolve();
            }, ms);
            signal?.addEventListener('abort', stop, { once: true });
        });
    },
};

;// CONCATENATED MODULE: ./packages/kit/src/duration.ts
const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/**
 * Milliseconds of a duration written like `90s`, `10m`, `1h30m`, `500ms`, `0s`; undefined for anything else.
 * A bare number is not taken: it hides the unit.
 */
function duration_parseDuration(written) {
    if (!/^(\d+(ms|[smhd]))+$/.test(written))
        return undefined;
    let total = 0;
    for (const [, count, unit] of written.matchAll(/(\d+)(ms|[smhd])/g))
        total += Number(count) * UNITS[unit];
    return total;
}
/** A time span for people: `840 ms`, `2.7 s`, `45 s`, `3 min 20 s`, `1 h 5 min`. */
function formatDuration(ms) {
    if (ms < 1_000)
        return `${Math.round(ms)} ms`;
    if (ms < 9_950)
        return `${(ms / 1_000).toFixed(1)} s`;
    const seconds = Math.round(ms / 1_000);
    if (seconds < 60)
        return `${seconds} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60)
        return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
    return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
;// CONCATENATED MODULE: ./packages/kit/src/log.ts


/** Seconds after which a progress line is written; after the last, every 30 s. */
const PROGRESS_AT = [1, 3, 5, 10, 20, 30];
/** The log of a run on `runner`, free of `secrets`. */
function createLog(runner, secrets, clock = systemClock) {
    const clean = (text) => secrets.redact(text);
    const groups = groupsOn(runner);
    const log = {
        debug: (message) => runner.debug(clean(message)),
        info: (message) => writeLines(runner, clean(message).split('\n')),
        notice: (message, title, at) => runner.annotate('notice', clean(message), title, at),
        warning: (message, title, at) => runner.annotate('warning', clean(message), title, at),
        error: (message, title, at) => runner.annotate('error', clean(message), title, at),
        group: (name, work) => groups(clean(name), work),
        progress: (name, work) => withProgress((line) => log.info(line), name, work, clock),
        raw: (lines) => writeRaw(runner, lines.flatMap((line) => log.foreign(line).split(/\r?\n/))),
        foreign: (text) => secrets.redactForeign(text),
    };
    return log;
}
/** A log that begins each line with `[prefix]`: for work that runs on several hosts at once, where groups would mix. */
function prefixed(log, prefix) {
    const mark = (message) => message
        .split('\n')
        .map((line) => `[${prefix}] ${line}`)
        .join('\n');
    return {
        debug: (message) => log.debug(mark(message)),
        info: (message) => log.info(mark(message)),
        notice: (message, title, at) => log.notice(mark(message), title, at),
        warning: (message, title, at) => log.warning(mark(message), title, at),
        error: (message, title, at) => log.error(mark(message), title, at),
        group(name, work) {
            log.info(mark(name));
            return work();
        },
        progress: (name, work) => log.progress(`[${prefix}] ${name}`, work),
        raw: (lines) => log.raw(lines.map((line) => `[${prefix}] ${line}`)),
        foreign: (text) => log.foreign(text),
    };
}
/** A log that says the same thing only once: for what is found out on several hosts, and is so on all of them. */
function tellingOnce(log) {
    const told = new Set();
    const once = (message, tell) => {
        if (!told.has(message))
            tell();
        told.add(message);
    };
    return {
        debug: (message) => log.debug(message),
        info: (message) => once(message, () => log.info(message)),
        notice: (message, title) => once(message, () => log.notice(message, title)),
        warning: (message, title) => once(message, () => log.warning(message, title)),
        error: (message, title) => once(message, () => log.error(message, title)),
        group: (name, work) => log.group(name, work),
        progress: (name, work) => log.progress(name, work),
        raw: (lines) => log.raw(lines),
        foreign: (text) => log.foreign(text),
    };
}
function groupsOn(runner) {
    let depth = 0;
    return async (name, work) => {
        const folds = depth === 0 && runner.kind === 'github';
        runner.write(folds ? `::group::${name.replaceAll('\n', ' ')}\n` : `${depth === 0 ? '\n== ' : '-- '}${name}\n`);
        depth += 1;
        try {
            return await work();
        }
        finally {
            depth -= 1;
            if (folds)
                runner.write('::endgroup::\n');
        }
    };
}
async function withProgress(say, name, work, clock) {
    const done = new AbortController();
    const started = clock.now();
    const tick = async () => {
        for (let round = 0;; round += 1) {
            const at = PROGRESS_AT[round] ?? (round - PROGRESS_AT.length + 2) * 30;
            await clock.sleep(Math.max(0, started + at * 1000 - clock.now()), done.signal);
            if (done.signal.aborted)
                return;
            say(`… ${name} (${at} s)`);
        }
    };
    tick().catch(() => undefined); // ends by the abort below
    try {
        return await work();
    }
    finally {
        done.abort();
    }
}
/** Whether the runner could take one of our plain lines for a command. */
const LIKE_A_COMMAND = /^\s*::|##\[/;
function writeLines(runner, lines) {
    if (lines.some((line) => LIKE_A_COMMAND.test(line)))
        writeRaw(runner, lines);
    else
        runner.write(`${lines.join('\n')}\n`);
}
function writeRaw(runner, lines) {
    if (lines.length === 0)
        return;
    const text = `${lines.join('\n')}\n`;
    const token = (0,external_node_crypto_.randomUUID)();
    runner.write(runner.kind === 'shell' ? text : `::stop-commands::${token}\n${text}::${token}::\n`);
}

;// CONCATENATED MODULE: ./packages/kit/src/outputs.ts

function createOutputs(runner, secrets) {
    const values = new Map();
    const put = (name, text) => {
        values.set(name, text);
        if (runner.kind === 'github')
            runner.setOutput(name, text);
    };
    return {
        set(name, value) {
            const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
            if (secrets.found(text))
                throw masked(name);
            put(name, text);
        },
        setSecret(name, secret, value = secret) {
            secrets.add(secret);
            put(name, value);
        },
        has: (name) => values.has(name),
        all: () => values,
    };
}
function masked(name) {
    return new UserError('DA-OUTPUT-MASKED', `output \`${name}\` would contain a masked value, and GitHub would pass on an empty text instead`, {
        hint: 'Choose secrets that are not part of an image, host, app or registry name, or give this value as a variable instead of a secret.',
    });
}

;// CONCATENATED MODULE: ./packages/kit/src/readers.ts

/**
 * A broken rule: `rule` continues the sentence "input `x` …", `fix` says what to write instead. Parts of the value stand between
 * double quotes in `rule`: they are taken out when the input is a secret.
 */
class Mistake extends Error {
    fix;
    constructor(rule, fix) {
        super(rule);
        this.fix = fix;
    }
}
/** Nothing was given. How it could be given depends on where the action runs, so `readInputs` says it. */
class Missing extends Mistake {
    constructor() {
        super('is required');
    }
}
/** A reader by a function; the function throws `Mistake`. */
function reader(read) {
    return { read };
}
/** Any text but none. */
const readers_text = reader((raw) => {
    if (raw === '')
        throw new Missing();
    return raw;
});
/** Whatever `inner` takes, or undefined when the input is empty. */
function optional(inner) {
    return { ...inner, read: (raw) => (raw.trim() === '' ? undefined : inner.read(raw)) };
}
const optionalText = optional(readers_text);
/** A value that is masked as soon as it is read, and shown in no message. Keeps its line ends. */
function secret(inner = readers_text) {
    return { ...inner, secret: true };
}
/** An input that workflows fill with an output of an earlier job; empty is DA-INPUT-EMPTY-UPSTREAM. */
function upstream(inner) {
    return { ...inner, upstream: true };
}
/**
 * An input that is often filled with an output of an earlier job, and has the default `none` in action.yml: without such a default nobody can tell
 * an input that was left out (fine) from one that arrived empty (DA-INPUT-EMPTY-UPSTREAM), because the runner makes both empty.
 */
function passedOn(inner) {
    return upstream({ ...inner, read: (raw) => (raw === 'none' ? undefined : inner.read(raw)) });
}
/** The non-empty lines, trimmed; lines that begin with `#` are comments. None at all is an empty list. */
const lines = reader(linesOf);
function linesOf(raw) {
    return raw
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'));
}
/** Each line read by `inner`; the mistakes of all lines are reported together. */
function each(inner) {
    return { ...inner, read: (raw) => readEach(linesOf(raw), inner) };
}
function readEach(items, inner) {
    const mistakes = [];
    const values = [];
    for (const item of items) {
        try {
            values.push(inner.read(item));
        }
        catch (error) {
            mistakes.push(new Mistake(`line "${item}" ${error.message}`, error.fix));
        }
    }
    if (mistakes.length > 0)
        throw new Mistake(mistakes.map((mistake) => mistake.message).join('; '), mistakes[0]?.fix);
    return values;
}
/** Names separated by commas, spaces or line ends. None at all is an empty list. */
const list = reader((raw) => raw.split(/[\s,]+/).filter((item) => item !== ''));
/** At least one of what `inner` lists. */
function atLeastOne(inner) {
    return {
        ...inner,
        read(raw) {
            const [first, ...rest] = inner.read(raw);
            if (first === undefined)
                throw new Mistake('is required', 'Give at least one line.');
            return [first, ...rest];
        },
    };
}
function oneOf(...allowed) {
    return reader((raw) => {
        const found = allowed.find((value) => value === raw);
        if (found === undefined)
            throw new Mistake(`must be one of ${allowed.join(', ')}`);
        return found;
    });
}
/** YAML's booleans as GitHub reads them: true, True, TRUE, false, False, FALSE. */
const bool = reader((raw) => {
    if (/^(true|True|TRUE)$/.test(raw))
        return true;
    if (/^(false|False|FALSE)$/.test(raw))
        return false;
    throw new Mistake('must be true or false');
});
/** Milliseconds, written like `90s`, `10m`, `1h30m`, `500ms`, `0s`. */
function duration(range = {}) {
    return reader((raw) => {
        const ms = parseDuration(raw);
        if (ms === undefined)
            throw new Mistake('must be a duration', 'Write it with a unit, like 90s, 10m, 1h30m or 500ms.');
        if (ms < (range.min ?? 0))
            throw new Mistake(`must be at least ${(range.min ?? 0) / 1000}s`);
        if (ms > (range.max ?? Number.POSITIVE_INFINITY))
            throw new Mistake(`must be at most ${(range.max ?? 0) / 1000}s`);
        return ms;
    });
}
/** A whole number from `min` to `max`, both included. */
function integer(range = {}) {
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
    return reader((raw) => {
        const value = /^[+-]?\d+$/.test(raw) ? Number(raw) : Number.NaN;
        if (Number.isSafeInteger(value) && value >= min && value <= max)
            return value;
        const limits = [range.min !== undefined && `from ${min}`, range.max !== undefined && `up to ${max}`].filter(Boolean).join(' ');
        throw new Mistake(`must be a whole number${limits === '' ? '' : ` ${limits}`}`);
    });
}
/** JSON, made into a value by `parse`, which throws `Mistake` (or any Error) when the shape is wrong. */
function json(parse = (value) => value) {
    return reader((raw) => {
        let value;
        try {
            value = JSON.parse(raw);
        }
        catch (cause) {
            throw new Mistake(raw === '' ? 'is required' : `must be JSON ("${cause.message}")`);
        }
        return parse(value);
    });
}
/** Text that matches `pattern`; `rule` says it in words, for example `must be lower-case letters, digits and -`. */
function matching(pattern, rule, fix) {
    return reader((raw) => {
        if (raw === '')
            throw new Missing();
        if (!pattern.test(raw))
            throw new Mistake(rule, fix);
        return raw;
    });
}
/** Lines `key=value` in order; a key given twice is a mistake. Values keep their inner spaces and further `=`. */
const pairs = reader((raw) => {
    const found = new Map();
    const wrong = [];
    for (const line of linesOf(raw)) {
        const at = line.indexOf('=');
        const key = line.slice(0, at).trim();
        if (at < 1)
            wrong.push(`has a line without key=value: "${line}"`);
        else if (found.has(key))
            wrong.push(`gives \`${key}\` twice`);
        else
            found.set(key, line.slice(at + 1).trim());
    }
    if (wrong.length > 0)
        throw new Mistake(wrong.join('; '), 'Write one key=value per line.');
    return found;
});

;// CONCATENATED MODULE: ./packages/kit/src/read-inputs.ts


/**
 * Reads all inputs and reports every mistake together.
 * @param get the text of an input, '' when it is not given
 * @throws UserError DA-INPUT-INVALID, or DA-INPUT-EMPTY-UPSTREAM when that is the only kind of mistake
 */
function readInputs(spec, get, options = {}) {
    const values = {};
    const problems = [];
    for (const [name, reader] of Object.entries(spec)) {
        const raw = get(name);
        if (reader.secret)
            options.secrets?.add(raw);
        try {
            values[camelCase(name)] = readOne(reader, raw);
        }
        catch (error) {
            problems.push(problemOf(name, reader, raw, error, options.from ?? 'github'));
        }
    }
    for (const problem of options.check?.(values) ?? [])
        problems.push(problem.absent ? { ...problem, fix: howToGive(problem.input, spec[problem.input] ?? {}, options.from ?? 'github') } : problem);
    if (problems.length > 0)
        throw inputError(problems);
    return values;
}
/** Inputs that only some uses of an action need, and that this one was not given. One that could not be read is told already. */
function requireInputs(values, names) {
    const absent = names.filter((name) => camelCase(name) in values && values[camelCase(name)] === undefined);
    return absent.map((input) => ({ input, rule: 'is required', absent: true }));
}
/** One error for all problems, each on its own line; its code is the problems' own when they share one. */
function inputError(problems) {
    const codes = new Set(problems.map((problem) => problem.code ?? 'DA-INPUT-INVALID'));
    const [only] = codes;
    const code = codes.size === 1 && only !== undefined ? only : 'DA-INPUT-INVALID';
    const told = problems.map((problem) => `input \`${problem.input}\` ${problem.rule}${problem.fix ? `. ${problem.fix}` : ''}`);
    const at = problems.find((problem) => problem.at !== undefined)?.at;
    const options = at === undefined ? {} : { at };
    if (told.length === 1)
        return new UserError(code, told[0], options);
    const inputs = new Set(problems.map((problem) => problem.input)).size;
    const head = inputs === told.length ? `${told.length} inputs are wrong` : `there are ${told.length} mistakes`;
    return new UserError(code, `${head}:\n${told.map((line) => `- ${line}`).join('\n')}`, options);
}
/** `ssh-key` -> `sshKey`. */
function camelCase(name) {
    return name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
}
class EmptyUpstream extends Mistake {
}
function readOne(reader, raw) {
    if (reader.upstream && raw.trim() === '') {
        throw new EmptyUpstream('is empty, although the workflow passed something on', 'GitHub empties a job output that contains a masked value; it is also empty when the job that makes it was skipped or its `outputs:` name another step. Keep secrets out of image, registry and user names.');
    }
    return reader.read(reader.secret ? raw : raw.trim());
}
function problemOf(name, reader, raw, error, from) {
    const told = reader.secret ? messageWithoutValues(error) : messageOf(error);
    const quoted = `"${raw.trim()}"`;
    const needless = reader.secret || raw.trim() === '' || raw.includes('\n') || raw.length > 120 || told.includes(quoted);
    const shown = needless ? '' : `, got ${quoted}`;
    if (error instanceof UserError && !reader.secret)
        return { input: name, rule: `is wrong: ${told}`, fix: error.hint, code: error.code };
    const absent = error instanceof Missing || (reader.secret && raw.trim() === '');
    const fix = absent ? howToGive(name, reader, from) : error instanceof Mistake ? error.fix : undefined;
    const code = error instanceof EmptyUpstream ? 'DA-INPUT-EMPTY-UPSTREAM' : undefined;
    return { input: name, rule: `${told}${shown}`, fix, code };
}
function howToGive(name, { secret = false }, from) {
    if (from === 'github')
        return secret ? EMPTY_SECRET : 'Give it under `with:`.';
    // As the shell entry (packages/build) takes them.
    const variable = name.replaceAll('-', '_').toUpperCase();
    return secret ? `Set ${variable} in the environment, or ${variable}_FILE to the path of a file.` : `Give it as \`--${name} …\`.`;
}
const EMPTY_SECRET = 'Give it under `with:`. If it stands there: GitHub makes a secret empty that has another name, belongs to another environment, or is not for this run (a pull request from a fork).';
/** What is wrong with a secret, in words that do not repeat it. */
function messageWithoutValues(error) {
    return error instanceof Mistake ? error.message.replace(/".*"/gs, '"***"') : 'cannot be read';
}

;// CONCATENATED MODULE: ./packages/kit/src/report-failure.ts

/** Tells a failure in one annotation: a user's mistake with code, hint and link; anything else as a bug of ours with its stack. */
function reportFailure(error, log, env) {
    if (error instanceof UserError) {
        const parts = [error.message, error.hint, `More: ${errorLink(error.code, env)}`];
        log.error(parts.filter((part) => part !== undefined).join('\n'), error.code, error.at);
    }
    else {
        log.error(`Unexpected error, please report it: ${messageOf(error)}`, 'DA-UNEXPECTED');
        if (error instanceof Error && error.stack !== undefined)
            log.raw(error.stack.split('\n'));
    }
    tellCauses(error, log);
}
/** The same in the summary, for a run that ended before it had told what became of it. */
function summariseFailure(error, summary, env) {
    const code = error instanceof UserError ? error.code : 'DA-UNEXPECTED';
    summary.heading('❌ Failed').text(`**${code}**: ${messageOf(error)}`);
    if (!(error instanceof UserError))
        return;
    if (error.hint !== undefined)
        summary.text(error.hint);
    summary.text(`More: ${errorLink(code, env)}`);
}
/** Where the code is explained: the docs of the version that runs, or the path in the repository. */
function errorLink(code, env) {
    const page = `docs/errors.md#${code.toLowerCase()}`;
    const { GITHUB_SERVER_URL: server, GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref } = env;
    return server && repository && ref ? `${server}/${repository}/blob/${ref}/${page}` : page;
}
function tellCauses(error, log) {
    let cause = error instanceof Error ? error.cause : undefined;
    for (let depth = 0; cause !== undefined && depth < 5; depth += 1) {
        log.raw([`Caused by: ${messageOf(cause)}`]);
        if (cause instanceof Error && cause.stack !== undefined)
            log.debug(cause.stack);
        cause = cause instanceof Error ? cause.cause : undefined;
    }
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(24);
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/utils.js
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */
/**
 * Sanitizes an input into a string so it can be passed into issueCommand safely
 * @param input input to sanitize into a string
 */
function utils_toCommandValue(input) {
    if (input === null || input === undefined) {
        return '';
    }
    else if (typeof input === 'string' || input instanceof String) {
        return input;
    }
    return JSON.stringify(input);
}
/**
 *
 * @param annotationProperties
 * @returns The command properties to send with the actual annotation command
 * See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
 */
function toCommandProperties(annotationProperties) {
    if (!Object.keys(annotationProperties).length) {
        return {};
    }
    return {
        title: annotationProperties.title,
        file: annotationProperties.file,
        line: annotationProperties.startLine,
        endLine: annotationProperties.endLine,
        col: annotationProperties.startColumn,
        endColumn: annotationProperties.endColumn
    };
}
//# sourceMappingURL=utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/command.js


/**
 * Issues a command to the GitHub Actions runner
 *
 * @param command - The command name to issue
 * @param properties - Additional properties for the command (key-value pairs)
 * @param message - The message to include with the command
 * @remarks
 * This function outputs a specially formatted string to stdout that the Actions
 * runner interprets as a command. These commands can control workflow behavior,
 * set outputs, create annotations, mask values, and more.
 *
 * Command Format:
 *   ::name key=value,key=value::message
 *
 * @example
 * ```typescript
 * // Issue a warning annotation
 * issueCommand('warning', {}, 'This is a warning message');
 * // Output: ::warning::This is a warning message
 *
 * // Set an environment variable
 * issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
 * // Output: ::set-env name=MY_VAR::some value
 *
 * // Add a secret mask
 * issueCommand('add-mask', {}, 'secretValue123');
 * // Output: ::add-mask::secretValue123
 * ```
 *
 * @internal
 * This is an internal utility function that powers the public API functions
 * such as setSecret, warning, error, and exportVariable.
 */
function command_issueCommand(command, properties, message) {
    const cmd = new Command(command, properties, message);
    process.stdout.write(cmd.toString() + external_os_namespaceObject.EOL);
}
function command_issue(name, message = '') {
    command_issueCommand(name, {}, message);
}
const CMD_STRING = '::';
class Command {
    constructor(command, properties, message) {
        if (!command) {
            command = 'missing.command';
        }
        this.command = command;
        this.properties = properties;
        this.message = message;
    }
    toString() {
        let cmdStr = CMD_STRING + this.command;
        if (this.properties && Object.keys(this.properties).length > 0) {
            cmdStr += ' ';
            let first = true;
            for (const key in this.properties) {
                if (this.properties.hasOwnProperty(key)) {
                    const val = this.properties[key];
                    if (val) {
                        if (first) {
                            first = false;
                        }
                        else {
                            cmdStr += ',';
                        }
                        cmdStr += `${key}=${escapeProperty(val)}`;
                    }
                }
            }
        }
        cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
        return cmdStr;
    }
}
function escapeData(s) {
    return utils_toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A');
}
function escapeProperty(s) {
    return utils_toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A')
        .replace(/:/g, '%3A')
        .replace(/,/g, '%2C');
}
//# sourceMappingURL=command.js.map
;// CONCATENATED MODULE: external "crypto"
const external_crypto_namespaceObject = require("crypto");
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/file-command.js
// For internal use, subject to change.
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */




function file_command_issueFileCommand(command, message) {
    const filePath = process.env[`GITHUB_${command}`];
    if (!filePath) {
        throw new Error(`Unable to find environment variable for file command ${command}`);
    }
    if (!external_fs_namespaceObject.existsSync(filePath)) {
        throw new Error(`Missing file at path: ${filePath}`);
    }
    external_fs_namespaceObject.appendFileSync(filePath, `${utils_toCommandValue(message)}${external_os_namespaceObject.EOL}`, {
        encoding: 'utf8'
    });
}
function file_command_prepareKeyValueMessage(key, value) {
    const delimiter = `ghadelimiter_${external_crypto_namespaceObject.randomUUID()}`;
    const convertedValue = utils_toCommandValue(value);
    // These should realistically never happen, but just in case someone finds a
    // way to exploit uuid generation let's not allow keys or values that contain
    // the delimiter.
    if (key.includes(delimiter)) {
        throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
    }
    if (convertedValue.includes(delimiter)) {
        throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
    }
    return `${key}<<${delimiter}${external_os_namespaceObject.EOL}${convertedValue}${external_os_namespaceObject.EOL}${delimiter}`;
}
//# sourceMappingURL=file-command.js.map
// EXTERNAL MODULE: external "http"
var external_http_ = __nccwpck_require__(611);
// EXTERNAL MODULE: external "https"
var external_https_ = __nccwpck_require__(692);
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/proxy.js
function getProxyUrl(reqUrl) {
    const usingSsl = reqUrl.protocol === 'https:';
    if (checkBypass(reqUrl)) {
        return undefined;
    }
    const proxyVar = (() => {
        if (usingSsl) {
            return process.env['https_proxy'] || process.env['HTTPS_PROXY'];
        }
        else {
            return process.env['http_proxy'] || process.env['HTTP_PROXY'];
        }
    })();
    if (proxyVar) {
        try {
            return new DecodedURL(proxyVar);
        }
        catch (_a) {
            if (!proxyVar.startsWith('http://') && !proxyVar.startsWith('https://'))
                return new DecodedURL(`http://${proxyVar}`);
        }
    }
    else {
        return undefined;
    }
}
function checkBypass(reqUrl) {
    if (!reqUrl.hostname) {
        return false;
    }
    const reqHost = reqUrl.hostname;
    if (isLoopbackAddress(reqHost)) {
        return true;
    }
    const noProxy = process.env['no_proxy'] || process.env['NO_PROXY'] || '';
    if (!noProxy) {
        return false;
    }
    // Determine the request port
    let reqPort;
    if (reqUrl.port) {
        reqPort = Number(reqUrl.port);
    }
    else if (reqUrl.protocol === 'http:') {
        reqPort = 80;
    }
    else if (reqUrl.protocol === 'https:') {
        reqPort = 443;
    }
    // Format the request hostname and hostname with port
    const upperReqHosts = [reqUrl.hostname.toUpperCase()];
    if (typeof reqPort === 'number') {
        upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`);
    }
    // Compare request host against noproxy
    for (const upperNoProxyItem of noProxy
        .split(',')
        .map(x => x.trim().toUpperCase())
        .filter(x => x)) {
        if (upperNoProxyItem === '*' ||
            upperReqHosts.some(x => x === upperNoProxyItem ||
                x.endsWith(`.${upperNoProxyItem}`) ||
                (upperNoProxyItem.startsWith('.') &&
                    x.endsWith(`${upperNoProxyItem}`)))) {
            return true;
        }
    }
    return false;
}
function isLoopbackAddress(host) {
    const hostLower = host.toLowerCase();
    return (hostLower === 'localhost' ||
        hostLower.startsWith('127.') ||
        hostLower.startsWith('[::1]') ||
        hostLower.startsWith('[0:0:0:0:0:0:0:1]'));
}
class DecodedURL extends URL {
    constructor(url, base) {
        super(url, base);
        this._decodedUsername = decodeURIComponent(super.username);
        this._decodedPassword = decodeURIComponent(super.password);
    }
    get username() {
        return this._decodedUsername;
    }
    get password() {
        return this._decodedPassword;
    }
}
//# sourceMappingURL=proxy.js.map
// EXTERNAL MODULE: ./node_modules/tunnel/index.js
var node_modules_tunnel = __nccwpck_require__(770);
// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __nccwpck_require__(67);
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/index.js
/* eslint-disable @typescript-eslint/no-explicit-any */
var lib_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};





var HttpCodes;
(function (HttpCodes) {
    HttpCodes[HttpCodes["OK"] = 200] = "OK";
    HttpCodes[HttpCodes["MultipleChoices"] = 300] = "MultipleChoices";
    HttpCodes[HttpCodes["MovedPermanently"] = 301] = "MovedPermanently";
    HttpCodes[HttpCodes["ResourceMoved"] = 302] = "ResourceMoved";
    HttpCodes[HttpCodes["SeeOther"] = 303] = "SeeOther";
    HttpCodes[HttpCodes["NotModified"] = 304] = "NotModified";
    HttpCodes[HttpCodes["UseProxy"] = 305] = "UseProxy";
    HttpCodes[HttpCodes["SwitchProxy"] = 306] = "SwitchProxy";
    HttpCodes[HttpCodes["TemporaryRedirect"] = 307] = "TemporaryRedirect";
    HttpCodes[HttpCodes["PermanentRedirect"] = 308] = "PermanentRedirect";
    HttpCodes[HttpCodes["BadRequest"] = 400] = "BadRequest";
    HttpCodes[HttpCodes["Unauthorized"] = 401] = "Unauthorized";
    HttpCodes[HttpCodes["PaymentRequired"] = 402] = "PaymentRequired";
    HttpCodes[HttpCodes["Forbidden"] = 403] = "Forbidden";
    HttpCodes[HttpCodes["NotFound"] = 404] = "NotFound";
    HttpCodes[HttpCodes["MethodNotAllowed"] = 405] = "MethodNotAllowed";
    HttpCodes[HttpCodes["NotAcceptable"] = 406] = "NotAcceptable";
    HttpCodes[HttpCodes["ProxyAuthenticationRequired"] = 407] = "ProxyAuthenticationRequired";
    HttpCodes[HttpCodes["RequestTimeout"] = 408] = "RequestTimeout";
    HttpCodes[HttpCodes["Conflict"] = 409] = "Conflict";
    HttpCodes[HttpCodes["Gone"] = 410] = "Gone";
    HttpCodes[HttpCodes["TooManyRequests"] = 429] = "TooManyRequests";
    HttpCodes[HttpCodes["InternalServerError"] = 500] = "InternalServerError";
    HttpCodes[HttpCodes["NotImplemented"] = 501] = "NotImplemented";
    HttpCodes[HttpCodes["BadGateway"] = 502] = "BadGateway";
    HttpCodes[HttpCodes["ServiceUnavailable"] = 503] = "ServiceUnavailable";
    HttpCodes[HttpCodes["GatewayTimeout"] = 504] = "GatewayTimeout";
})(HttpCodes || (HttpCodes = {}));
var Headers;
(function (Headers) {
    Headers["Accept"] = "accept";
    Headers["ContentType"] = "content-type";
})(Headers || (Headers = {}));
var MediaTypes;
(function (MediaTypes) {
    MediaTypes["ApplicationJson"] = "application/json";
})(MediaTypes || (MediaTypes = {}));
/**
 * Returns the proxy URL, depending upon the supplied url and proxy environment variables.
 * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
 */
function lib_getProxyUrl(serverUrl) {
    const proxyUrl = pm.getProxyUrl(new URL(serverUrl));
    return proxyUrl ? proxyUrl.href : '';
}
const HttpRedirectCodes = [
    HttpCodes.MovedPermanently,
    HttpCodes.ResourceMoved,
    HttpCodes.SeeOther,
    HttpCodes.TemporaryRedirect,
    HttpCodes.PermanentRedirect
];
const HttpResponseRetryCodes = [
    HttpCodes.BadGateway,
    HttpCodes.ServiceUnavailable,
    HttpCodes.GatewayTimeout
];
const RetryableHttpVerbs = (/* unused pure expression or super */ null && (['OPTIONS', 'GET', 'DELETE', 'HEAD']));
const ExponentialBackoffCeiling = 10;
const ExponentialBackoffTimeSlice = 5;
class HttpClientError extends Error {
    constructor(message, statusCode) {
        super(message);
        this.name = 'HttpClientError';
        this.statusCode = statusCode;
        Object.setPrototypeOf(this, HttpClientError.prototype);
    }
}
class HttpClientResponse {
    constructor(message) {
        this.message = message;
    }
    readBody() {
        return lib_awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => lib_awaiter(this, void 0, void 0, function* () {
                let output = Buffer.alloc(0);
                this.message.on('data', (chunk) => {
                    output = Buffer.concat([output, chunk]);
                });
                this.message.on('end', () => {
                    resolve(output.toString());
                });
            }));
        });
    }
    readBodyBuffer() {
        return lib_awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => lib_awaiter(this, void 0, void 0, function* () {
                const chunks = [];
                this.message.on('data', (chunk) => {
                    chunks.push(chunk);
                });
                this.message.on('end', () => {
                    resolve(Buffer.concat(chunks));
                });
            }));
        });
    }
}
function isHttps(requestUrl) {
    const parsedUrl = new URL(requestUrl);
    return parsedUrl.protocol === 'https:';
}
class lib_HttpClient {
    constructor(userAgent, handlers, requestOptions) {
        this._ignoreSslError = false;
        this._allowRedirects = true;
        this._allowRedirectDowngrade = false;
        this._maxRedirects = 50;
        this._allowRetries = false;
        this._maxRetries = 1;
        this._keepAlive = false;
        this._disposed = false;
        this.userAgent = this._getUserAgentWithOrchestrationId(userAgent);
        this.handlers = handlers || [];
        this.requestOptions = requestOptions;
        if (requestOptions) {
            if (requestOptions.ignoreSslError != null) {
                this._ignoreSslError = requestOptions.ignoreSslError;
            }
            this._socketTimeout = requestOptions.socketTimeout;
            if (requestOptions.allowRedirects != null) {
                this._allowRedirects = requestOptions.allowRedirects;
            }
            if (requestOptions.allowRedirectDowngrade != null) {
                this._allowRedirectDowngrade = requestOptions.allowRedirectDowngrade;
            }
            if (requestOptions.maxRedirects != null) {
                this._maxRedirects = Math.max(requestOptions.maxRedirects, 0);
            }
            if (requestOptions.keepAlive != null) {
                this._keepAlive = requestOptions.keepAlive;
            }
            if (requestOptions.allowRetries != null) {
                this._allowRetries = requestOptions.allowRetries;
            }
            if (requestOptions.maxRetries != null) {
                this._maxRetries = requestOptions.maxRetries;
            }
        }
    }
    options(requestUrl, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request('OPTIONS', requestUrl, null, additionalHeaders || {});
        });
    }
    get(requestUrl, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request('GET', requestUrl, null, additionalHeaders || {});
        });
    }
    del(requestUrl, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request('DELETE', requestUrl, null, additionalHeaders || {});
        });
    }
    post(requestUrl, data, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request('POST', requestUrl, data, additionalHeaders || {});
        });
    }
    patch(requestUrl, data, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request('PATCH', requestUrl, data, additionalHeaders || {});
        });
    }
    put(requestUrl, data, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request('PUT', requestUrl, data, additionalHeaders || {});
        });
    }
    head(requestUrl, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request('HEAD', requestUrl, null, additionalHeaders || {});
        });
    }
    sendStream(verb, requestUrl, stream, additionalHeaders) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return this.request(verb, requestUrl, stream, additionalHeaders);
        });
    }
    /**
     * Gets a typed object from an endpoint
     * Be aware that not found returns a null.  Other errors (4xx, 5xx) reject the promise
     */
    getJson(requestUrl_1) {
        return lib_awaiter(this, arguments, void 0, function* (requestUrl, additionalHeaders = {}) {
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            const res = yield this.get(requestUrl, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    postJson(requestUrl_1, obj_1) {
        return lib_awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.post(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    putJson(requestUrl_1, obj_1) {
        return lib_awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.put(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    patchJson(requestUrl_1, obj_1) {
        return lib_awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.patch(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    /**
     * Makes a raw http request.
     * All other methods such as get, post, patch, and request ultimately call this.
     * Prefer get, del, post and patch
     */
    request(verb, requestUrl, data, headers) {
        return lib_awaiter(this, void 0, void 0, function* () {
            if (this._disposed) {
                throw new Error('Client has already been disposed.');
            }
            const parsedUrl = new URL(requestUrl);
            let info = this._prepareRequest(verb, parsedUrl, headers);
            // Only perform retries on reads since writes may not be idempotent.
            const maxTries = this._allowRetries && RetryableHttpVerbs.includes(verb)
                ? this._maxRetries + 1
                : 1;
            let numTries = 0;
            let response;
            do {
                response = yield this.requestRaw(info, data);
                // Check if it's an authentication challenge
                if (response &&
                    response.message &&
                    response.message.statusCode === HttpCodes.Unauthorized) {
                    let authenticationHandler;
                    for (const handler of this.handlers) {
                        if (handler.canHandleAuthentication(response)) {
                            authenticationHandler = handler;
                            break;
                        }
                    }
                    if (authenticationHandler) {
                        return authenticationHandler.handleAuthentication(this, info, data);
                    }
                    else {
                        // We have received an unauthorized response but have no handlers to handle it.
                        // Let the response return to the caller.
                        return response;
                    }
                }
                let redirectsRemaining = this._maxRedirects;
                while (response.message.statusCode &&
                    HttpRedirectCodes.includes(response.message.statusCode) &&
                    this._allowRedirects &&
                    redirectsRemaining > 0) {
                    const redirectUrl = response.message.headers['location'];
                    if (!redirectUrl) {
                        // if there's no location to redirect to, we won't
                        break;
                    }
                    const parsedRedirectUrl = new URL(redirectUrl);
                    if (parsedUrl.protocol === 'https:' &&
                        parsedUrl.protocol !== parsedRedirectUrl.protocol &&
                        !this._allowRedirectDowngrade) {
                        throw new Error('Redirect from HTTPS to HTTP protocol. This downgrade is not allowed for security reasons. If you want to allow this behavior, set the allowRedirectDowngrade option to true.');
                    }
                    // we need to finish reading the response before reassigning response
                    // which will leak the open socket.
                    yield response.readBody();
                    // strip authorization header if redirected to a different hostname
                    if (parsedRedirectUrl.hostname !== parsedUrl.hostname) {
                        for (const header in headers) {
                            // header names are case insensitive
                            if (header.toLowerCase() === 'authorization') {
                                delete headers[header];
                            }
                        }
                    }
                    // let's make the request with the new redirectUrl
                    info = this._prepareRequest(verb, parsedRedirectUrl, headers);
                    response = yield this.requestRaw(info, data);
                    redirectsRemaining--;
                }
                if (!response.message.statusCode ||
                    !HttpResponseRetryCodes.includes(response.message.statusCode)) {
                    // If not a retry code, return immediately instead of retrying
                    return response;
                }
                numTries += 1;
                if (numTries < maxTries) {
                    yield response.readBody();
                    yield this._performExponentialBackoff(numTries);
                }
            } while (numTries < maxTries);
            return response;
        });
    }
    /**
     * Needs to be called if keepAlive is set to true in request options.
     */
    dispose() {
        if (this._agent) {
            this._agent.destroy();
        }
        this._disposed = true;
    }
    /**
     * Raw request.
     * @param info
     * @param data
     */
    requestRaw(info, data) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => {
                function callbackForResult(err, res) {
                    if (err) {
                        reject(err);
                    }
                    else if (!res) {
                        // If `err` is not passed, then `res` must be passed.
                        reject(new Error('Unknown error'));
                    }
                    else {
                        resolve(res);
                    }
                }
                this.requestRawWithCallback(info, data, callbackForResult);
            });
        });
    }
    /**
     * Raw request with callback.
     * @param info
     * @param data
     * @param onResult
     */
    requestRawWithCallback(info, data, onResult) {
        if (typeof data === 'string') {
            if (!info.options.headers) {
                info.options.headers = {};
            }
            info.options.headers['Content-Length'] = Buffer.byteLength(data, 'utf8');
        }
        let callbackCalled = false;
        function handleResult(err, res) {
            if (!callbackCalled) {
                callbackCalled = true;
                onResult(err, res);
            }
        }
        const req = info.httpModule.request(info.options, (msg) => {
            const res = new HttpClientResponse(msg);
            handleResult(undefined, res);
        });
        let socket;
        req.on('socket', sock => {
            socket = sock;
        });
        // If we ever get disconnected, we want the socket to timeout eventually
        req.setTimeout(this._socketTimeout || 3 * 60000, () => {
            if (socket) {
                socket.end();
            }
            handleResult(new Error(`Request timeout: ${info.options.path}`));
        });
        req.on('error', function (err) {
            // err has statusCode property
            // res should have headers
            handleResult(err);
        });
        if (data && typeof data === 'string') {
            req.write(data, 'utf8');
        }
        if (data && typeof data !== 'string') {
            data.on('close', function () {
                req.end();
            });
            data.pipe(req);
        }
        else {
            req.end();
        }
    }
    /**
     * Gets an http agent. This function is useful when you need an http agent that handles
     * routing through a proxy server - depending upon the url and proxy environment variables.
     * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
     */
    getAgent(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        return this._getAgent(parsedUrl);
    }
    getAgentDispatcher(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        const proxyUrl = pm.getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (!useProxy) {
            return;
        }
        return this._getProxyAgentDispatcher(parsedUrl, proxyUrl);
    }
    _prepareRequest(method, requestUrl, headers) {
        const info = {};
        info.parsedUrl = requestUrl;
        const usingSsl = info.parsedUrl.protocol === 'https:';
        info.httpModule = usingSsl ? https : http;
        const defaultPort = usingSsl ? 443 : 80;
        info.options = {};
        info.options.host = info.parsedUrl.hostname;
        info.options.port = info.parsedUrl.port
            ? parseInt(info.parsedUrl.port)
            : defaultPort;
        info.options.path =
            (info.parsedUrl.pathname || '') + (info.parsedUrl.search || '');
        info.options.method = method;
        info.options.headers = this._mergeHeaders(headers);
        if (this.userAgent != null) {
            info.options.headers['user-agent'] = this.userAgent;
        }
        info.options.agent = this._getAgent(info.parsedUrl);
        // gives handlers an opportunity to participate
        if (this.handlers) {
            for (const handler of this.handlers) {
                handler.prepareRequest(info.options);
            }
        }
        return info;
    }
    _mergeHeaders(headers) {
        if (this.requestOptions && this.requestOptions.headers) {
            return Object.assign({}, lowercaseKeys(this.requestOptions.headers), lowercaseKeys(headers || {}));
        }
        return lowercaseKeys(headers || {});
    }
    /**
     * Gets an existing header value or returns a default.
     * Handles converting number header values to strings since HTTP headers must be strings.
     * Note: This returns string | string[] since some headers can have multiple values.
     * For headers that must always be a single string (like Content-Type), use the
     * specialized _getExistingOrDefaultContentTypeHeader method instead.
     */
    _getExistingOrDefaultHeader(additionalHeaders, header, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[header];
            if (headerValue) {
                clientHeader =
                    typeof headerValue === 'number' ? headerValue.toString() : headerValue;
            }
        }
        const additionalValue = additionalHeaders[header];
        if (additionalValue !== undefined) {
            return typeof additionalValue === 'number'
                ? additionalValue.toString()
                : additionalValue;
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    /**
     * Specialized version of _getExistingOrDefaultHeader for Content-Type header.
     * Always returns a single string (not an array) since Content-Type should be a single value.
     * Converts arrays to comma-separated strings and numbers to strings to ensure type safety.
     * This was split from _getExistingOrDefaultHeader to provide stricter typing for callers
     * that assign the result to places expecting a string (e.g., additionalHeaders[Headers.ContentType]).
     */
    _getExistingOrDefaultContentTypeHeader(additionalHeaders, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[Headers.ContentType];
            if (headerValue) {
                if (typeof headerValue === 'number') {
                    clientHeader = String(headerValue);
                }
                else if (Array.isArray(headerValue)) {
                    clientHeader = headerValue.join(', ');
                }
                else {
                    clientHeader = headerValue;
                }
            }
        }
        const additionalValue = additionalHeaders[Headers.ContentType];
        // Return the first non-undefined value, converting numbers or arrays to strings if necessary
        if (additionalValue !== undefined) {
            if (typeof additionalValue === 'number') {
                return String(additionalValue);
            }
            else if (Array.isArray(additionalValue)) {
                return additionalValue.join(', ');
            }
            else {
                return additionalValue;
            }
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    _getAgent(parsedUrl) {
        let agent;
        const proxyUrl = pm.getProxyUrl(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (this._keepAlive && useProxy) {
            agent = this._proxyAgent;
        }
        if (!useProxy) {
            agent = this._agent;
        }
        // if agent is already assigned use that agent.
        if (agent) {
            return agent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        let maxSockets = 100;
        if (this.requestOptions) {
            maxSockets = this.requestOptions.maxSockets || http.globalAgent.maxSockets;
        }
        // This is `useProxy` again, but we need to check `proxyURl` directly for TypeScripts's flow analysis.
        if (proxyUrl && proxyUrl.hostname) {
            const agentOptions = {
                maxSockets,
                keepAlive: this._keepAlive,
                proxy: Object.assign(Object.assign({}, ((proxyUrl.username || proxyUrl.password) && {
                    proxyAuth: `${proxyUrl.username}:${proxyUrl.password}`
                })), { host: proxyUrl.hostname, port: proxyUrl.port })
            };
            let tunnelAgent;
            const overHttps = proxyUrl.protocol === 'https:';
            if (usingSsl) {
                tunnelAgent = overHttps ? tunnel.httpsOverHttps : tunnel.httpsOverHttp;
            }
            else {
                tunnelAgent = overHttps ? tunnel.httpOverHttps : tunnel.httpOverHttp;
            }
            agent = tunnelAgent(agentOptions);
            this._proxyAgent = agent;
        }
        // if tunneling agent isn't assigned create a new agent
        if (!agent) {
            const options = { keepAlive: this._keepAlive, maxSockets };
            agent = usingSsl ? new https.Agent(options) : new http.Agent(options);
            this._agent = agent;
        }
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            agent.options = Object.assign(agent.options || {}, {
                rejectUnauthorized: false
            });
        }
        return agent;
    }
    _getProxyAgentDispatcher(parsedUrl, proxyUrl) {
        let proxyAgent;
        if (this._keepAlive) {
            proxyAgent = this._proxyAgentDispatcher;
        }
        // if agent is already assigned use that agent.
        if (proxyAgent) {
            return proxyAgent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        proxyAgent = new ProxyAgent(Object.assign({ uri: proxyUrl.href, pipelining: !this._keepAlive ? 0 : 1 }, ((proxyUrl.username || proxyUrl.password) && {
            token: `Basic ${Buffer.from(`${proxyUrl.username}:${proxyUrl.password}`).toString('base64')}`
        })));
        this._proxyAgentDispatcher = proxyAgent;
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            proxyAgent.options = Object.assign(proxyAgent.options.requestTls || {}, {
                rejectUnauthorized: false
            });
        }
        return proxyAgent;
    }
    _getUserAgentWithOrchestrationId(userAgent) {
        const baseUserAgent = userAgent || 'actions/http-client';
        const orchId = process.env['ACTIONS_ORCHESTRATION_ID'];
        if (orchId) {
            // Sanitize the orchestration ID to ensure it contains only valid characters
            // Valid characters: 0-9, a-z, _, -, .
            const sanitizedId = orchId.replace(/[^a-z0-9_.-]/gi, '_');
            return `${baseUserAgent} actions_orchestration_id/${sanitizedId}`;
        }
        return baseUserAgent;
    }
    _performExponentialBackoff(retryNumber) {
        return lib_awaiter(this, void 0, void 0, function* () {
            retryNumber = Math.min(ExponentialBackoffCeiling, retryNumber);
            const ms = ExponentialBackoffTimeSlice * Math.pow(2, retryNumber);
            return new Promise(resolve => setTimeout(() => resolve(), ms));
        });
    }
    _processResponse(res, options) {
        return lib_awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => lib_awaiter(this, void 0, void 0, function* () {
                const statusCode = res.message.statusCode || 0;
                const response = {
                    statusCode,
                    result: null,
                    headers: {}
                };
                // not found leads to null obj returned
                if (statusCode === HttpCodes.NotFound) {
                    resolve(response);
                }
                // get the result from the body
                function dateTimeDeserializer(key, value) {
                    if (typeof value === 'string') {
                        const a = new Date(value);
                        if (!isNaN(a.valueOf())) {
                            return a;
                        }
                    }
                    return value;
                }
                let obj;
                let contents;
                try {
                    contents = yield res.readBody();
                    if (contents && contents.length > 0) {
                        if (options && options.deserializeDates) {
                            obj = JSON.parse(contents, dateTimeDeserializer);
                        }
                        else {
                            obj = JSON.parse(contents);
                        }
                        response.result = obj;
                    }
                    response.headers = res.message.headers;
                }
                catch (err) {
                    // Invalid resource (contents not json);  leaving result obj null
                }
                // note that 3xx redirects are handled by the http layer.
                if (statusCode > 299) {
                    let msg;
                    // if exception/error in body, attempt to get better error
                    if (obj && obj.message) {
                        msg = obj.message;
                    }
                    else if (contents && contents.length > 0) {
                        // it may be the case that the exception is in the body message as string
                        msg = contents;
                    }
                    else {
                        msg = `Failed request: (${statusCode})`;
                    }
                    const err = new HttpClientError(msg, statusCode);
                    err.result = response.result;
                    reject(err);
                }
                else {
                    resolve(response);
                }
            }));
        });
    }
}
const lowercaseKeys = (obj) => Object.keys(obj).reduce((c, k) => ((c[k.toLowerCase()] = obj[k]), c), {});
//# sourceMappingURL=index.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/auth.js
var auth_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
class BasicCredentialHandler {
    constructor(username, password) {
        this.username = username;
        this.password = password;
    }
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`${this.username}:${this.password}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class auth_BearerCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Bearer ${this.token}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class PersonalAccessTokenCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`PAT:${this.token}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return auth_awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
//# sourceMappingURL=auth.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/oidc-utils.js
var oidc_utils_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



class oidc_utils_OidcClient {
    static createHttpClient(allowRetry = true, maxRetry = 10) {
        const requestOptions = {
            allowRetries: allowRetry,
            maxRetries: maxRetry
        };
        return new HttpClient('actions/oidc-client', [new BearerCredentialHandler(oidc_utils_OidcClient.getRequestToken())], requestOptions);
    }
    static getRequestToken() {
        const token = process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
        if (!token) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_TOKEN env variable');
        }
        return token;
    }
    static getIDTokenUrl() {
        const runtimeUrl = process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
        if (!runtimeUrl) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
        }
        return runtimeUrl;
    }
    static getCall(id_token_url) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            var _a;
            const httpclient = oidc_utils_OidcClient.createHttpClient();
            const res = yield httpclient
                .getJson(id_token_url)
                .catch(error => {
                throw new Error(`Failed to get ID Token. \n 
        Error Code : ${error.statusCode}\n 
        Error Message: ${error.message}`);
            });
            const id_token = (_a = res.result) === null || _a === void 0 ? void 0 : _a.value;
            if (!id_token) {
                throw new Error('Response json body do not have ID Token field');
            }
            return id_token;
        });
    }
    static getIDToken(audience) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            try {
                // New ID Token is requested from action service
                let id_token_url = oidc_utils_OidcClient.getIDTokenUrl();
                if (audience) {
                    const encodedAudience = encodeURIComponent(audience);
                    id_token_url = `${id_token_url}&audience=${encodedAudience}`;
                }
                debug(`ID token url is ${id_token_url}`);
                const id_token = yield oidc_utils_OidcClient.getCall(id_token_url);
                setSecret(id_token);
                return id_token;
            }
            catch (error) {
                throw new Error(`Error message: ${error.message}`);
            }
        });
    }
}
//# sourceMappingURL=oidc-utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/summary.js
var summary_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { access, appendFile, writeFile } = external_fs_namespaceObject.promises;
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
const SUMMARY_DOCS_URL = 'https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-job-summary';
class Summary {
    constructor() {
        this._buffer = '';
    }
    /**
     * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
     * Also checks r/w permissions.
     *
     * @returns step summary file path
     */
    filePath() {
        return summary_awaiter(this, void 0, void 0, function* () {
            if (this._filePath) {
                return this._filePath;
            }
            const pathFromEnv = process.env[SUMMARY_ENV_VAR];
            if (!pathFromEnv) {
                throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
            }
            try {
                yield access(pathFromEnv, external_fs_namespaceObject.constants.R_OK | external_fs_namespaceObject.constants.W_OK);
            }
            catch (_a) {
                throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
            }
            this._filePath = pathFromEnv;
            return this._filePath;
        });
    }
    /**
     * Wraps content in an HTML tag, adding any HTML attributes
     *
     * @param {string} tag HTML tag to wrap
     * @param {string | null} content content within the tag
     * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
     *
     * @returns {string} content wrapped in HTML element
     */
    wrap(tag, content, attrs = {}) {
        const htmlAttrs = Object.entries(attrs)
            .map(([key, value]) => ` ${key}="${value}"`)
            .join('');
        if (!content) {
            return `<${tag}${htmlAttrs}>`;
        }
        return `<${tag}${htmlAttrs}>${content}</${tag}>`;
    }
    /**
     * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
     *
     * @param {SummaryWriteOptions} [options] (optional) options for write operation
     *
     * @returns {Promise<Summary>} summary instance
     */
    write(options) {
        return summary_awaiter(this, void 0, void 0, function* () {
            const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
            const filePath = yield this.filePath();
            const writeFunc = overwrite ? writeFile : appendFile;
            yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
            return this.emptyBuffer();
        });
    }
    /**
     * Clears the summary buffer and wipes the summary file
     *
     * @returns {Summary} summary instance
     */
    clear() {
        return summary_awaiter(this, void 0, void 0, function* () {
            return this.emptyBuffer().write({ overwrite: true });
        });
    }
    /**
     * Returns the current summary buffer as a string
     *
     * @returns {string} string of summary buffer
     */
    stringify() {
        return this._buffer;
    }
    /**
     * If the summary buffer is empty
     *
     * @returns {boolen} true if the buffer is empty
     */
    isEmptyBuffer() {
        return this._buffer.length === 0;
    }
    /**
     * Resets the summary buffer without writing to summary file
     *
     * @returns {Summary} summary instance
     */
    emptyBuffer() {
        this._buffer = '';
        return this;
    }
    /**
     * Adds raw text to the summary buffer
     *
     * @param {string} text content to add
     * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
     *
     * @returns {Summary} summary instance
     */
    addRaw(text, addEOL = false) {
        this._buffer += text;
        return addEOL ? this.addEOL() : this;
    }
    /**
     * Adds the operating system-specific end-of-line marker to the buffer
     *
     * @returns {Summary} summary instance
     */
    addEOL() {
        return this.addRaw(external_os_namespaceObject.EOL);
    }
    /**
     * Adds an HTML codeblock to the summary buffer
     *
     * @param {string} code content to render within fenced code block
     * @param {string} lang (optional) language to syntax highlight code
     *
     * @returns {Summary} summary instance
     */
    addCodeBlock(code, lang) {
        const attrs = Object.assign({}, (lang && { lang }));
        const element = this.wrap('pre', this.wrap('code', code), attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML list to the summary buffer
     *
     * @param {string[]} items list of items to render
     * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
     *
     * @returns {Summary} summary instance
     */
    addList(items, ordered = false) {
        const tag = ordered ? 'ol' : 'ul';
        const listItems = items.map(item => this.wrap('li', item)).join('');
        const element = this.wrap(tag, listItems);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML table to the summary buffer
     *
     * @param {SummaryTableCell[]} rows table rows
     *
     * @returns {Summary} summary instance
     */
    addTable(rows) {
        const tableBody = rows
            .map(row => {
            const cells = row
                .map(cell => {
                if (typeof cell === 'string') {
                    return this.wrap('td', cell);
                }
                const { header, data, colspan, rowspan } = cell;
                const tag = header ? 'th' : 'td';
                const attrs = Object.assign(Object.assign({}, (colspan && { colspan })), (rowspan && { rowspan }));
                return this.wrap(tag, data, attrs);
            })
                .join('');
            return this.wrap('tr', cells);
        })
            .join('');
        const element = this.wrap('table', tableBody);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds a collapsable HTML details element to the summary buffer
     *
     * @param {string} label text for the closed state
     * @param {string} content collapsable content
     *
     * @returns {Summary} summary instance
     */
    addDetails(label, content) {
        const element = this.wrap('details', this.wrap('summary', label) + content);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML image tag to the summary buffer
     *
     * @param {string} src path to the image you to embed
     * @param {string} alt text description of the image
     * @param {SummaryImageOptions} options (optional) addition image attributes
     *
     * @returns {Summary} summary instance
     */
    addImage(src, alt, options) {
        const { width, height } = options || {};
        const attrs = Object.assign(Object.assign({}, (width && { width })), (height && { height }));
        const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML section heading element
     *
     * @param {string} text heading text
     * @param {number | string} [level=1] (optional) the heading level, default: 1
     *
     * @returns {Summary} summary instance
     */
    addHeading(text, level) {
        const tag = `h${level}`;
        const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag)
            ? tag
            : 'h1';
        const element = this.wrap(allowedTag, text);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML thematic break (<hr>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addSeparator() {
        const element = this.wrap('hr', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML line break (<br>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addBreak() {
        const element = this.wrap('br', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML blockquote to the summary buffer
     *
     * @param {string} text quote text
     * @param {string} cite (optional) citation url
     *
     * @returns {Summary} summary instance
     */
    addQuote(text, cite) {
        const attrs = Object.assign({}, (cite && { cite }));
        const element = this.wrap('blockquote', text, attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML anchor tag to the summary buffer
     *
     * @param {string} text link text/content
     * @param {string} href hyperlink
     *
     * @returns {Summary} summary instance
     */
    addLink(text, href) {
        const element = this.wrap('a', text, { href });
        return this.addRaw(element).addEOL();
    }
}
const _summary = new Summary();
/**
 * @deprecated use `core.summary`
 */
const markdownSummary = (/* unused pure expression or super */ null && (_summary));
const summary = (/* unused pure expression or super */ null && (_summary));
//# sourceMappingURL=summary.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/path-utils.js

/**
 * toPosixPath converts the given path to the posix form. On Windows, \\ will be
 * replaced with /.
 *
 * @param pth. Path to transform.
 * @return string Posix path.
 */
function toPosixPath(pth) {
    return pth.replace(/[\\]/g, '/');
}
/**
 * toWin32Path converts the given path to the win32 form. On Linux, / will be
 * replaced with \\.
 *
 * @param pth. Path to transform.
 * @return string Win32 path.
 */
function toWin32Path(pth) {
    return pth.replace(/[/]/g, '\\');
}
/**
 * toPlatformPath converts the given path to a platform-specific path. It does
 * this by replacing instances of / and \ with the platform-specific path
 * separator.
 *
 * @param pth The path to platformize.
 * @return string The platform-specific path.
 */
function toPlatformPath(pth) {
    return pth.replace(/[/\\]/g, path.sep);
}
//# sourceMappingURL=path-utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/platform.js
var platform_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const getWindowsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout: version } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Version"', undefined, {
        silent: true
    });
    const { stdout: name } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Caption"', undefined, {
        silent: true
    });
    return {
        name: name.trim(),
        version: version.trim()
    };
});
const getMacOsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    var _a, _b, _c, _d;
    const { stdout } = yield exec.getExecOutput('sw_vers', undefined, {
        silent: true
    });
    const version = (_b = (_a = stdout.match(/ProductVersion:\s*(.+)/)) === null || _a === void 0 ? void 0 : _a[1]) !== null && _b !== void 0 ? _b : '';
    const name = (_d = (_c = stdout.match(/ProductName:\s*(.+)/)) === null || _c === void 0 ? void 0 : _c[1]) !== null && _d !== void 0 ? _d : '';
    return {
        name,
        version
    };
});
const getLinuxInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout } = yield exec.getExecOutput('lsb_release', ['-i', '-r', '-s'], {
        silent: true
    });
    const [name, version] = stdout.trim().split('\n');
    return {
        name,
        version
    };
});
const platform = external_os_namespaceObject.platform();
const arch = external_os_namespaceObject.arch();
const isWindows = platform === 'win32';
const isMacOS = platform === 'darwin';
const isLinux = platform === 'linux';
function getDetails() {
    return platform_awaiter(this, void 0, void 0, function* () {
        return Object.assign(Object.assign({}, (yield (isWindows
            ? getWindowsInfo()
            : isMacOS
                ? getMacOsInfo()
                : getLinuxInfo()))), { platform,
            arch,
            isWindows,
            isMacOS,
            isLinux });
    });
}
//# sourceMappingURL=platform.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/core.js
var core_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};






/**
 * The code to exit an action
 */
var ExitCode;
(function (ExitCode) {
    /**
     * A code indicating that the action was successful
     */
    ExitCode[ExitCode["Success"] = 0] = "Success";
    /**
     * A code indicating that the action was a failure
     */
    ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
//-----------------------------------------------------------------------
// Variables
//-----------------------------------------------------------------------
/**
 * Sets env variable for this action and future actions in the job
 * @param name the name of the variable to set
 * @param val the value of the variable. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function exportVariable(name, val) {
    const convertedVal = toCommandValue(val);
    process.env[name] = convertedVal;
    const filePath = process.env['GITHUB_ENV'] || '';
    if (filePath) {
        return issueFileCommand('ENV', prepareKeyValueMessage(name, val));
    }
    issueCommand('set-env', { name }, convertedVal);
}
/**
 * Registers a secret which will get masked from logs
 *
 * @param secret - Value of the secret to be masked
 * @remarks
 * This function instructs the Actions runner to mask the specified value in any
 * logs produced during the workflow run. Once registered, the secret value will
 * be replaced with asterisks (***) whenever it appears in console output, logs,
 * or error messages.
 *
 * This is useful for protecting sensitive information such as:
 * - API keys
 * - Access tokens
 * - Authentication credentials
 * - URL parameters containing signatures (SAS tokens)
 *
 * Note that masking only affects future logs; any previous appearances of the
 * secret in logs before calling this function will remain unmasked.
 *
 * @example
 * ```typescript
 * // Register an API token as a secret
 * const apiToken = "abc123xyz456";
 * setSecret(apiToken);
 *
 * // Now any logs containing this value will show *** instead
 * console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
 * ```
 */
function core_setSecret(secret) {
    command_issueCommand('add-mask', {}, secret);
}
/**
 * Prepends inputPath to the PATH (for this action and future actions)
 * @param inputPath
 */
function addPath(inputPath) {
    const filePath = process.env['GITHUB_PATH'] || '';
    if (filePath) {
        issueFileCommand('PATH', inputPath);
    }
    else {
        issueCommand('add-path', {}, inputPath);
    }
    process.env['PATH'] = `${inputPath}${path.delimiter}${process.env['PATH']}`;
}
/**
 * Gets the value of an input.
 * Unless trimWhitespace is set to false in InputOptions, the value is also trimmed.
 * Returns an empty string if the value is not defined.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string
 */
function getInput(name, options) {
    const val = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
    if (options && options.required && !val) {
        throw new Error(`Input required and not supplied: ${name}`);
    }
    if (options && options.trimWhitespace === false) {
        return val;
    }
    return val.trim();
}
/**
 * Gets the values of an multiline input.  Each value is also trimmed.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string[]
 *
 */
function getMultilineInput(name, options) {
    const inputs = getInput(name, options)
        .split('\n')
        .filter(x => x !== '');
    if (options && options.trimWhitespace === false) {
        return inputs;
    }
    return inputs.map(input => input.trim());
}
/**
 * Gets the input value of the boolean type in the YAML 1.2 "core schema" specification.
 * Support boolean input list: `true | True | TRUE | false | False | FALSE` .
 * The return value is also in boolean type.
 * ref: https://yaml.org/spec/1.2/spec.html#id2804923
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   boolean
 */
function getBooleanInput(name, options) {
    const trueValue = ['true', 'True', 'TRUE'];
    const falseValue = ['false', 'False', 'FALSE'];
    const val = getInput(name, options);
    if (trueValue.includes(val))
        return true;
    if (falseValue.includes(val))
        return false;
    throw new TypeError(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n` +
        `Support boolean input list: \`true | True | TRUE | false | False | FALSE\``);
}
/**
 * Sets the value of an output.
 *
 * @param     name     name of the output to set
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function setOutput(name, value) {
    const filePath = process.env['GITHUB_OUTPUT'] || '';
    if (filePath) {
        return file_command_issueFileCommand('OUTPUT', file_command_prepareKeyValueMessage(name, value));
    }
    process.stdout.write(external_os_namespaceObject.EOL);
    command_issueCommand('set-output', { name }, utils_toCommandValue(value));
}
/**
 * Enables or disables the echoing of commands into stdout for the rest of the step.
 * Echoing is disabled by default if ACTIONS_STEP_DEBUG is not set.
 *
 */
function setCommandEcho(enabled) {
    issue('echo', enabled ? 'on' : 'off');
}
//-----------------------------------------------------------------------
// Results
//-----------------------------------------------------------------------
/**
 * Sets the action status to failed.
 * When the action exits it will be with an exit code of 1
 * @param message add error issue message
 */
function setFailed(message) {
    process.exitCode = ExitCode.Failure;
    error(message);
}
//-----------------------------------------------------------------------
// Logging Commands
//-----------------------------------------------------------------------
/**
 * Gets whether Actions Step Debug is on or not
 */
function isDebug() {
    return process.env['RUNNER_DEBUG'] === '1';
}
/**
 * Writes debug message to user log
 * @param message debug message
 */
function core_debug(message) {
    command_issueCommand('debug', {}, message);
}
/**
 * Adds an error issue
 * @param message error issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function error(message, properties = {}) {
    command_issueCommand('error', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a warning issue
 * @param message warning issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function warning(message, properties = {}) {
    command_issueCommand('warning', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a notice issue
 * @param message notice issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function notice(message, properties = {}) {
    command_issueCommand('notice', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Writes info to log with console.log.
 * @param message info message
 */
function info(message) {
    process.stdout.write(message + os.EOL);
}
/**
 * Begin an output group.
 *
 * Output until the next `groupEnd` will be foldable in this group
 *
 * @param name The name of the output group
 */
function startGroup(name) {
    issue('group', name);
}
/**
 * End an output group.
 */
function endGroup() {
    issue('endgroup');
}
/**
 * Wrap an asynchronous function call in a group.
 *
 * Returns the same type as the function itself.
 *
 * @param name The name of the group
 * @param fn The function to wrap in the group
 */
function group(name, fn) {
    return core_awaiter(this, void 0, void 0, function* () {
        startGroup(name);
        let result;
        try {
            result = yield fn();
        }
        finally {
            endGroup();
        }
        return result;
    });
}
//-----------------------------------------------------------------------
// Wrapper action state
//-----------------------------------------------------------------------
/**
 * Saves state for current action, the state can only be retrieved by this action's post job execution.
 *
 * @param     name     name of the state to store
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function saveState(name, value) {
    const filePath = process.env['GITHUB_STATE'] || '';
    if (filePath) {
        return file_command_issueFileCommand('STATE', file_command_prepareKeyValueMessage(name, value));
    }
    command_issueCommand('save-state', { name }, utils_toCommandValue(value));
}
/**
 * Gets the value of an state set by this action's main execution.
 *
 * @param     name     name of the state to get
 * @returns   string
 */
function getState(name) {
    return process.env[`STATE_${name}`] || '';
}
function getIDToken(aud) {
    return core_awaiter(this, void 0, void 0, function* () {
        return yield OidcClient.getIDToken(aud);
    });
}
/**
 * Summary exports
 */

/**
 * @deprecated use core.summary
 */

/**
 * Path exports
 */

/**
 * Platform utilities exports
 */

//# sourceMappingURL=core.js.map
;// CONCATENATED MODULE: ./packages/kit/src/actions-core.ts


const annotations = { notice: notice, warning: warning, error: error };
/** GitHub's runner, by way of `@actions/core` (this file is its only importer). */
function githubRunner(write, env) {
    return {
        kind: 'github',
        write,
        annotate: (level, message, title, at) => annotations[level](message, { ...(title !== undefined && { title }), ...placeOf(at) }),
        debug: (message) => core_debug(message),
        mask: (value) => core_setSecret(value),
        setOutput: (name, value) => setOutput(name, value),
        saveState: (name, value) => saveState(name, value),
        state: (name) => getState(name),
        appendSummary(markdown) {
            if (!env.GITHUB_STEP_SUMMARY)
                return false;
            (0,external_node_fs_.appendFileSync)(env.GITHUB_STEP_SUMMARY, markdown);
            return true;
        },
    };
}
function placeOf(at) {
    if (at === undefined)
        return {};
    return { file: at.file, startLine: at.line, ...(at.column !== undefined && { startColumn: at.column }) };
}

;// CONCATENATED MODULE: ./packages/kit/src/runner.ts
/** A person's shell: plain text, outputs at the end of the run. */
function shellRunner(write, verbose = false) {
    return {
        kind: 'shell',
        write,
        annotate: (level, message, title, at) => {
            const where = at === undefined ? '' : `${at.file}:${at.line}: `;
            write(`${level}: ${title === undefined ? '' : `${title}: `}${where}${message}\n`);
        },
        debug: (message) => verbose && write(`debug: ${message}\n`),
        mask: () => undefined,
        setOutput: (name, value) => write(`output ${name}: ${value}\n`),
        saveState: () => undefined,
        state: () => '',
        appendSummary: () => false,
    };
}

;// CONCATENATED MODULE: ./packages/kit/src/secrets.ts
const SHORTEST_WHOLE = 4;
const SHORTEST_PART = 8;
/**
 * @param announce told once about each form; on GitHub it makes the runner mask it too
 */
function createSecrets(announce = () => undefined) {
    const forms = new Set();
    const suspects = new Set();
    let pattern;
    let foreign;
    const matcher = () => {
        pattern ??= anyOf(forms);
        pattern.lastIndex = 0;
        return pattern;
    };
    const redact = (text) => (forms.size === 0 ? text : text.replace(matcher(), '***'));
    return {
        add(value) {
            for (const form of formsOf(value)) {
                if (forms.has(form))
                    continue;
                forms.add(form);
                pattern = undefined;
                announce(form);
            }
        },
        suspect(value) {
            for (const form of formsOf(value))
                if (form.length >= SHORTEST_PART)
                    suspects.add(form);
            foreign = undefined;
        },
        redact,
        redactForeign(text) {
            foreign ??= anyOf(suspects);
            return suspects.size === 0 ? redact(text) : redact(text.replace(foreign, '***'));
        },
        found: (text) => forms.size > 0 && matcher().test(text),
    };
}
/** Matches each of these texts, the longest first: a form inside another must not leave the other's ends visible. */
function anyOf(texts) {
    const longestFirst = [...texts].sort((a, b) => b.length - a.length);
    return new RegExp(longestFirst.map(escapeRegExp).join('|'), 'g');
}
/** Every form that is masked for one secret: whole, by line, JSON, URL, shell quotes, base64 (also inside a longer text). */
function formsOf(secret) {
    const whole = secret.trim();
    if (whole.length < SHORTEST_WHOLE)
        return [];
    const forms = new Set([whole]);
    const lines = whole.split(/\r?\n/).map((line) => line.trim());
    for (const line of lines) {
        // The frame of a PEM file is the same in everybody's key and stands in messages of ssh.
        if (line.length >= SHORTEST_PART && !/^-----(BEGIN|END) .*-----$/.test(line))
            forms.add(line);
    }
    forms.add(JSON.stringify(whole).slice(1, -1));
    forms.add(whole.replaceAll("'", "'\\''"));
    const url = encodeURIComponent(whole);
    forms.add(url);
    forms.add(url.replaceAll('%20', '+'));
    for (const form of addressForms(whole))
        forms.add(form);
    for (const form of base64Forms(secret))
        forms.add(form);
    for (const form of base64Forms(whole))
        forms.add(form);
    return [...forms];
}
/** As addresses have it, whose parts escape different characters each: a query made by URLSearchParams, a path, a query as it is written, a password. */
function addressForms(whole) {
    const address = new URL('http://host/');
    address.pathname = `/${whole}`;
    address.search = whole;
    address.password = whole;
    // In a path that somebody wrote a `?` begins the query.
    const written = ['', '?'].map((before) => new URL(`http://host/${before}${whole}`).href.slice(`http://host/${before}`.length));
    const parts = [address.pathname.slice(1), address.search.slice(1), address.password, ...written];
    return [new URLSearchParams([['', whole]]).toString().slice(1), ...parts].filter((form) => form.length >= whole.length); // a shorter one lost some of it, such as `..`
}
/** What stays the same of the base64 of a text that contains the secret, for each of the three places where it can begin. */
function base64Forms(value) {
    const forms = [];
    for (const before of [0, 1, 2]) {
        const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]);
        const shared = Math.ceil((before * 8) / 6); // leading characters that also hold bits of the text before
        const complete = Math.floor((bytes.length * 8) / 6); // later characters also hold bits of the text after
        const form = bytes.toString('base64').slice(shared, complete);
        if (form.length >= SHORTEST_PART)
            forms.push(form, form.replaceAll('+', '-').replaceAll('/', '_'));
        if (before === 0)
            forms.push(...(form.match(/.{76}/g) ?? [])); // as the `base64` command breaks it
    }
    return forms;
}
function escapeRegExp(text) {
    return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

;// CONCATENATED MODULE: ./packages/kit/src/summary-markdown.ts
/** GitHub drops a step's summary above 1 MiB as a whole; some room is left for what other parts of the step append. */
const LIMIT_BYTES = 1024 * 1024 - 64 * 1024;
const CUT = '\n\n…the rest was left out: the summary would exceed what GitHub shows. The step log has everything.\n';
/** The blocks as GitHub's Markdown, cut below 1 MiB at the end of a line. */
function toMarkdown(blocks) {
    let written = '';
    for (const block of blocks) {
        const next = `${markdownOf(block)}\n\n`;
        if (Buffer.byteLength(written) + Buffer.byteLength(next) > LIMIT_BYTES)
            return `${written}${cut(block, next, written)}${CUT}`;
        written += next;
    }
    return written;
}
/** As much of a block as fits; a block with a frame (a table, a fence) is left out as a whole rather than broken. */
function cut(block, next, written) {
    if (block.kind !== 'text' && block.kind !== 'list')
        return '';
    const room = LIMIT_BYTES - Buffer.byteLength(written);
    const part = Buffer.from(next).subarray(0, room).toString('utf8');
    return part.slice(0, part.lastIndexOf('\n') + 1);
}
function markdownOf(block) {
    switch (block.kind) {
        case 'heading':
            return `${'#'.repeat(block.level)} ${block.text}`;
        case 'text':
            return block.text;
        case 'list':
            return block.items.map((item) => `- ${item.replaceAll('\n', '\n  ')}`).join('\n');
        case 'table':
            return [row(block.header), row(block.header.map(() => '---')), ...block.rows.map(row)].join('\n');
        case 'code':
            return fenced(block.text, block.language);
        case 'details':
            return `<details><summary>${escapeHtml(block.label)}</summary>\n\n${fenced(block.text, 'text')}\n\n</details>`;
        case 'timeline':
            return fenced(gantt(block.title, block.phases), 'mermaid');
    }
}
function row(cells) {
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', '<br>')).join(' | ')} |`;
}
/** A fence longer than any run of backticks inside, so that a container's log cannot end it. */
function fenced(text, language) {
    const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
    const fence = '`'.repeat(longest + 1);
    return `${fence}${language}\n${text}\n${fence}`;
}
/** A Mermaid Gantt chart whose axis begins at zero. Characters with a meaning in Mermaid are replaced in names. */
function gantt(title, phases) {
    const zero = Math.min(...phases.map((phase) => phase.start));
    const lines = ['gantt', `  title ${plainName(title)}`, '  dateFormat x', '  axisFormat %M:%S'];
    let section;
    for (const phase of phases) {
        if (phase.section !== undefined && phase.section !== section)
            lines.push(`  section ${plainName(phase.section)}`);
        section = phase.section;
        const tag = phase.failed ? 'crit, ' : '';
        lines.push(`  ${plainName(phase.name)} :${tag}${Math.round(phase.start - zero)}, ${Math.round(phase.end - zero)}`);
    }
    return lines.join('\n');
}
function plainName(name) {
    return name.replace(/[\s:;#,]+/g, ' ').trim();
}
function escapeHtml(text) {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

;// CONCATENATED MODULE: ./packages/kit/src/summary-plain.ts

/** The blocks for a terminal. */
function toPlainText(blocks) {
    return `${blocks.map(plainOf).join('\n\n')}\n`;
}
function plainOf(block) {
    switch (block.kind) {
        case 'heading':
            return `${block.text}\n${'-'.repeat(block.text.length)}`;
        case 'text':
        case 'code':
            return block.text;
        case 'list':
            return block.items.map((item) => `- ${item}`).join('\n');
        case 'table':
            return columns([block.header, ...block.rows]);
        case 'details':
            return `${block.label}:\n${block.text.replace(/^/gm, '  ')}`;
        case 'timeline': {
            const rows = block.phases.map((phase) => [
                phase.section ?? '',
                phase.name,
                formatDuration(phase.end - phase.start),
                phase.failed ? 'failed' : '',
            ]);
            return `${block.title}\n${columns(rows)}`;
        }
    }
}
/** Rows of text with each column as wide as its widest cell. */
function columns(rows) {
    const widths = [];
    for (const row of rows)
        for (const [at, cell] of row.entries())
            widths[at] = Math.max(widths[at] ?? 0, cell.length);
    return rows
        .map((row) => row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd())
        .join('\n');
}

;// CONCATENATED MODULE: ./packages/kit/src/summary.ts


/** A summary that redacts `secrets` and goes to `runner`. */
function createSummary(runner, secrets) {
    let blocks = [];
    const add = (block) => {
        blocks.push(block);
        return summary;
    };
    const summary = {
        heading: (text, level = 2) => add({ kind: 'heading', text, level }),
        text: (text) => add({ kind: 'text', text }),
        list: (items) => add({ kind: 'list', items }),
        table: (header, rows) => add({ kind: 'table', header, rows }),
        code: (text, language = '') => add({ kind: 'code', text, language }),
        details: (label, text) => add({ kind: 'details', label, text }),
        timeline: (title, phases) => add({ kind: 'timeline', title, phases }),
        write() {
            if (blocks.length === 0)
                return;
            if (runner.kind === 'shell')
                runner.write(`\n${secrets.redact(toPlainText(blocks))}`);
            else
                runner.appendSummary(secrets.redact(toMarkdown(blocks)));
            blocks = [];
        },
    };
    return summary;
}

;// CONCATENATED MODULE: ./packages/kit/src/this-process.ts

function thisProcess() {
    return {
        env: process.env,
        write: (text) => process.stdout.write(text),
        exitCode: (code) => {
            process.exitCode = code;
        },
        exitNow: (code) => process.exit(code),
        exitAfter: (ms) => {
            setTimeout(() => process.exit(), ms).unref();
        },
        onSignal: (listener) => {
            for (const signal of ['SIGINT', 'SIGTERM'])
                process.on(signal, () => listener(signal, performance.now()));
        },
        onUncaught: (listener) => {
            process.once('uncaughtException', listener);
        },
    };
}
/** One Ctrl+C reaches us several times: from the terminal, from npx, and from our own shell entry. */
const SAME_SIGNAL_MS = 500;
/** The first signal aborts what is returned, so that the work can put things right; a later one ends the process at once. */
function watchSignals(machine, log) {
    const controller = new AbortController();
    let first;
    machine.onSignal((signal, at) => {
        if (first === undefined) {
            first = at;
            log.warning(`${signal}: stopping in order; a second signal stops at once`);
            controller.abort(new UserError('DA-CANCELLED', `the run was cancelled (${signal})`));
        }
        else if (at - first > SAME_SIGNAL_MS) {
            machine.exitNow(signal === 'SIGINT' ? 130 : 143);
        }
    });
    return controller.signal;
}

;// CONCATENATED MODULE: ./packages/kit/src/run-action.ts











/** How long open handles (a socket, a timer that was forgotten) may hold up the step after its work has ended. */
const LINGER_MS = 5_000;
/**
 * Runs an action and turns whatever happens into the step's result: exit code 0 only when `main` resolved with `ok`.
 * An output `status` that `main` did not set by its end becomes `failed` when it ended badly.
 */
async function runAction(main, machine = thisProcess()) {
    machine.exitCode(1); // a promise that never settles empties the event loop: that must not look green
    const run = createRun(machine);
    // By itself Node would say it without masks, and end without a status or a summary.
    machine.onUncaught((error) => void settle(run, () => Promise.reject(error)).finally(() => machine.exitNow(1)));
    const verdict = await settle(run, main);
    if (verdict === 'ok')
        machine.exitCode(0);
    machine.exitAfter(LINGER_MS);
}
/** Runs the work and says how it ended in every place where somebody looks: annotation, `status`, summary, outputs. */
async function settle(run, main) {
    let verdict = 'failed';
    try {
        verdict = await main(run);
    }
    catch (error) {
        reportFailure(error, run.log, run.env);
        // In a shell it stands in the lines above.
        if (run.runner.kind === 'github')
            summariseFailure(error, run.summary, run.env);
    }
    try {
        if (verdict === 'failed' && !run.outputs.has('status'))
            run.outputs.set('status', 'failed');
        run.summary.write();
        printOutputs(run);
    }
    catch (error) {
        reportFailure(error, run.log, run.env);
        return 'failed';
    }
    return verdict;
}
function createRun(machine) {
    const onGitHub = machine.env.GITHUB_ACTIONS === 'true';
    const runner = machine.runner ?? (onGitHub ? githubRunner(machine.write, machine.env) : shellRunner(machine.write, machine.env.DEBUG === 'true'));
    const secrets = createSecrets((form) => runner.mask(form));
    const log = createLog(runner, secrets);
    return {
        inputs: (spec, check) => {
            const options = { secrets, from: runner.kind, ...(check && { check }) };
            return readInputs(spec, (name) => inputOf(machine.env, name), options);
        },
        log,
        secrets,
        outputs: createOutputs(runner, secrets),
        summary: createSummary(runner, secrets),
        exec: actionsExec,
        clock: systemClock,
        startedAt: systemClock.now(),
        runner,
        signal: watchSignals(machine, log),
        env: machine.env,
    };
}
/** The runner's variable for an input: upper case, spaces replaced, hyphens kept. */
function inputOf(env, name) {
    return env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? '';
}
function printOutputs({ runner, outputs }) {
    if (runner.kind === 'github' || outputs.all().size === 0)
        return;
    runner.write('\n== Outputs\n');
    for (const [name, value] of outputs.all())
        runner.setOutput(name, value);
}

;// CONCATENATED MODULE: ./packages/kit/src/index.ts

















/***/ }),

/***/ 286:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  fW: () => (/* reexport */ Bucket),
  DC: () => (/* reexport */ bucket),
  Vb: () => (/* reexport */ nameOf),
  AA: () => (/* reexport */ partBytesFor),
  $t: () => (/* reexport */ placeOf),
  Eo: () => (/* reexport */ s3Inputs),
  ZQ: () => (/* reexport */ someAtOnce),
  Vm: () => (/* reexport */ word)
});

// UNUSED EXPORTS: PART_BYTES, broken, endpoint, isAskable, prefix, region

// EXTERNAL MODULE: ./packages/kit/src/index.ts + 40 modules
var src = __nccwpck_require__(925);
;// CONCATENATED MODULE: ./packages/s3/src/place.ts
/** As messages name it. */
const nameOf = ({ endpoint, bucket }) => `the bucket ${bucket} at ${new URL(endpoint).host}`;

;// CONCATENATED MODULE: ./packages/s3/src/xml.ts
/** The text of the first element of this name, in the flat XML that S3 answers with. */
function valueIn(xml, name) {
    const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
    return text === undefined ? undefined : unescaped(text);
}
/** What is inside of each element of this name. */
const elementsIn = (xml, name) => [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map((match) => match[1]);
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const unescaped = (text) => text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, name) => name !== undefined ? (NAMED[name] ?? whole) : String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)));

;// CONCATENATED MODULE: ./packages/s3/src/failures.ts



const RIGHTS = 'It needs s3:PutObject, s3:GetObject and s3:AbortMultipartUpload; for list, restore and prune also s3:ListBucket, and for prune s3:DeleteObject.';
const OBJECT_RIGHTS = 'It needs s3:ListBucket and s3:GetObject; for restore also s3:PutObject, and s3:PutObjectAcl for `objects-acl`.';
const REGION = 'Set `s3-region` to where the bucket lies, and `s3-endpoint` to the store of that region.';
/** With the inputs that named this place. */
const named = ({ inputs = 's3', rights = inputs === 's3' ? RIGHTS : OBJECT_RIGHTS }, hint) => hint.replace(RIGHTS, rights).replaceAll('`s3-', `\`${inputs}-`);
/** By what the store calls it. */
const HINTS = {
    InvalidAccessKeyId: 'The store does not know `s3-access-key`: it was deleted, or it is one of another store.',
    SignatureDoesNotMatch: '`s3-secret-key` does not belong to `s3-access-key`: give both anew.',
    ExpiredToken: 'The key held for some time only; get it in a step right before this one.',
    RequestTimeTooSkewed: "The clock of this machine is wrong, or the store's.",
    AccessDenied: `The key is known, but may not do this. ${RIGHTS}`,
    AccessControlListNotSupported: 'This bucket gives no rights to single objects (`acl`): leave it out, and let a rule of the bucket say who may read.',
    NoSuchBucket: 'Make the bucket, or mend `s3-bucket`; of a store with regions also look at `s3-endpoint`.',
    PermanentRedirect: REGION,
    AuthorizationHeaderMalformed: REGION,
    InvalidRegionName: REGION,
};
/** The store understood the question, and says no. */
function refused(place, doing, { status, headers, text }) {
    const code = valueIn(text, 'Code') ?? '';
    const words = [code, valueIn(text, 'Message')].filter(Boolean).join(': ');
    const region = headers.get('x-amz-bucket-region');
    const elsewhere = region !== null && region !== place.region ? ` The bucket lies in ${region}.` : '';
    const general = HINTS[code] ?? (status === 403 || status === 401 ? RIGHTS : status >= 300 && status < 400 ? REGION : undefined);
    return new src/* UserError */.yo('DA-STORE-REFUSED', `${nameOf(place)} refuses to ${doing} (status ${status}${words === '' ? '' : `, ${words}`})${elsewhere}`, {
        ...(general !== undefined && { hint: named(place, general) }),
    });
}
/** Somebody answers well, but not as a store does. */
const notAStore = (place, text) => new src/* UserError */.yo('DA-STORE-REFUSED', `${nameOf(place)} does not answer as an S3 store: asked for a list, it says "${text.replace(/\s+/g, ' ').trim().slice(0, 60)}"`, {
    hint: named(place, `Is \`s3-endpoint\` (${place.endpoint}) the address of the store itself, and not of its web page or of a proxy?`),
});
/** Nobody answers, or only with errors of its own, however often it was asked. */
function unreachable(place, doing, cause, tries) {
    return new src/* UserError */.yo('DA-STORE-UNREACHABLE', `${nameOf(place)} could not ${doing}, in ${tries} tries: ${wordsOf(cause)}`, {
        hint: named(place, `Is \`s3-endpoint\` right (${place.endpoint}), and does the store answer? The state of most stores is told on a page of theirs.`),
        cause,
    });
}
/** Somebody changed an object, or the store lost a part of it. */
const broken = (place, what) => new src/* UserError */.yo('DA-STORE-BROKEN', `${nameOf(place)}: ${what}`, {
    hint: place.inputs === undefined && place.rights === undefined
        ? 'What lies there is no backup. Run it again; when it stays so, do not trust this store.'
        : 'Nothing of it counts. Run it again, at a time at which nobody changes it if it changes all the time.',
});
/** fetch says only that it failed; why stands in its cause. */
function wordsOf(cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    if (inner instanceof Error && inner.name === 'TimeoutError')
        return 'no answer in time';
    return (0,src/* messageOf */.bD)(inner) || String(inner.code ?? inner);
}

;// CONCATENATED MODULE: ./packages/s3/src/parts.ts
/**
 * The bytes of a stream in parts of this size, the last one smaller. Two buffers take turns, so memory does not depend on how long the stream is: whoever asks for
 * the part after the next one has to be done with this one.
 */
async function* inParts(source, partBytes) {
    let part = Buffer.allocUnsafeSlow(partBytes);
    let other;
    let used = 0;
    for await (const chunk of source) {
        for (let at = 0; at < chunk.length;) {
            const taken = chunk.subarray(at, at + partBytes - used);
            part.set(taken, used);
            used += taken.length;
            at += taken.length;
            if (used < partBytes)
                continue;
            yield part;
            [part, other] = [other ?? Buffer.allocUnsafeSlow(partBytes), part];
            used = 0;
        }
    }
    if (used > 0)
        yield part.subarray(0, used);
}

;// CONCATENATED MODULE: ./packages/s3/src/read-object.ts

/** See `Bucket.read` and `Bucket.open`. */
async function openObject(transport, key, etag) {
    const question = { method: 'GET', key, ...(etag !== undefined && { headers: { 'if-match': etag } }) };
    const response = await transport.open(question, `give ${key}`);
    if (response === undefined)
        return undefined;
    const headers = headersOf(response);
    if (!isPacked(response))
        return { headers, ...follow(transport, question, response) };
    // fetch would unpack it on the way, so the store is asked to keep silent about it.
    await response.body?.cancel();
    const silent = { ...question, query: { 'response-content-encoding': 'identity' } };
    const plain = await transport.open(silent, `give ${key}`);
    if (plain !== undefined && isPacked(plain))
        throw broken(transport.place, `${key} is packed (content-encoding: ${headers['content-encoding']}), and the store does not give it as it lies there`);
    return plain && { headers, ...follow(transport, silent, plain) };
}
/** Other signs than those of ASCII have no form in which every store takes them signed. */
const OF_OBJECT = /^(content-(type|disposition|encoding|language)|cache-control|x-amz-meta-.+)$/;
const headersOf = ({ headers }) => Object.fromEntries([...headers].filter(([name, value]) => OF_OBJECT.test(name) && /^[\x20-\x7e]*$/.test(value)));
const isPacked = ({ headers }) => !/^(identity)?$/i.test(headers.get('content-encoding') ?? '');
function follow(transport, question, first) {
    const size = Number(first.headers.get('content-length'));
    return { size, stream: streamOf(transport, question, first, size) };
}
async function* streamOf(transport, question, first, size) {
    const { key } = question;
    const doing = `give ${key}`;
    const etag = first.headers.get('etag');
    let response = first;
    let at = 0;
    for (let tries = 1;;) {
        let cut = new Error(`it ended after ${at} of ${size} bytes`);
        for await (const chunk of chunksOf(response, transport.patienceMs)) {
            if ('error' in chunk)
                cut = chunk.error;
            else {
                at += chunk.bytes.length;
                tries = 1;
                yield chunk.bytes;
            }
        }
        if (at >= size)
            return;
        await transport.pause(tries, doing, cut);
        tries += 1;
        const headers = { range: `bytes=${at}-`, ...(etag !== null && { 'if-match': etag }) };
        const again = await transport.open({ ...question, headers }, doing);
        if (again?.status !== 206)
            throw broken(transport.place, `${key} changed while it was read`);
        response = again;
    }
}
/** What comes until the end, or until it breaks or nothing comes for too long. */
async function* chunksOf(response, patienceMs) {
    const reader = response.body.getReader();
    try {
        for (;;) {
            const { value, done } = await inTime(reader.read(), patienceMs);
            if (done)
                return;
            yield { bytes: value };
        }
    }
    catch (error) {
        yield { error };
    }
    finally {
        await reader.cancel().catch(() => undefined);
    }
}
async function inTime(work, ms) {
    let timer;
    const silence = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new DOMException('no answer in time', 'TimeoutError')), ms);
    });
    work.catch(() => undefined); // when the silence was too long, nobody hears it any more
    return Promise.race([work, silence]).finally(() => clearTimeout(timer));
}

// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __nccwpck_require__(67);
var external_node_http_default = /*#__PURE__*/__nccwpck_require__.n(external_node_http_);
;// CONCATENATED MODULE: external "node:https"
const external_node_https_namespaceObject = require("node:https");
var external_node_https_default = /*#__PURE__*/__nccwpck_require__.n(external_node_https_namespaceObject);
;// CONCATENATED MODULE: external "node:stream"
const external_node_stream_namespaceObject = require("node:stream");
;// CONCATENATED MODULE: ./packages/s3/src/read-slowly.ts



/**
 * A GET whose answer may be read as slowly as the reader is. Node's fetch ends the whole process, so that nothing can catch it, where a server closes the
 * connection behind an answer that is not read to its end yet (nodejs/undici#5360; Node 24 has it).
 *
 * @throws the signal's reason; an error of the connection
 */
function readSlowly(url, headers, signal) {
    return new Promise((resolve, reject) => {
        const { request } = url.startsWith('https:') ? (external_node_https_default()) : (external_node_http_default());
        request(url, { headers: Object.fromEntries(headers), signal }, (answer) => resolve(responseOf(answer)))
            .on('error', (error) => reject(signal.aborted ? signal.reason : error))
            .end();
    });
}
function responseOf(answer) {
    const headers = new Headers();
    for (const [name, values = []] of Object.entries(answer.headersDistinct))
        for (const value of values)
            headers.append(name, value);
    return new Response(external_node_stream_namespaceObject.Readable.toWeb(answer), { status: answer.statusCode ?? 0, headers });
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(598);
;// CONCATENATED MODULE: ./node_modules/aws4fetch/dist/aws4fetch.esm.mjs
/**
 * @license MIT <https://opensource.org/licenses/MIT>
 * @copyright Michael Hart 2024
 */
const encoder = new TextEncoder();
const HOST_SERVICES = {
  appstream2: 'appstream',
  cloudhsmv2: 'cloudhsm',
  email: 'ses',
  marketplace: 'aws-marketplace',
  mobile: 'AWSMobileHubService',
  pinpoint: 'mobiletargeting',
  queue: 'sqs',
  'git-codecommit': 'codecommit',
  'mturk-requester-sandbox': 'mturk-requester',
  'personalize-runtime': 'personalize',
};
const UNSIGNABLE_HEADERS = new Set([
  'authorization',
  'content-type',
  'content-length',
  'user-agent',
  'presigned-expires',
  'expect',
  'x-amzn-trace-id',
  'range',
  'connection',
]);
class AwsClient {
  constructor({ accessKeyId, secretAccessKey, sessionToken, service, region, cache, retries, initRetryMs }) {
    if (accessKeyId == null) throw new TypeError('accessKeyId is a required option')
    if (secretAccessKey == null) throw new TypeError('secretAccessKey is a required option')
    this.accessKeyId = accessKeyId;
    this.secretAccessKey = secretAccessKey;
    this.sessionToken = sessionToken;
    this.service = service;
    this.region = region;
    this.cache = cache || new Map();
    this.retries = retries != null ? retries : 10;
    this.initRetryMs = initRetryMs || 50;
  }
  async sign(input, init) {
    if (input instanceof Request) {
      const { method, url, headers, body } = input;
      init = Object.assign({ method, url, headers }, init);
      if (init.body == null && headers.has('Content-Type')) {
        init.body = body != null && headers.has('X-Amz-Content-Sha256') ? body : await input.clone().arrayBuffer();
      }
      input = url;
    }
    const signer = new AwsV4Signer(Object.assign({ url: input.toString() }, init, this, init && init.aws));
    const signed = Object.assign({}, init, await signer.sign());
    delete signed.aws;
    try {
      return new Request(signed.url.toString(), signed)
    } catch (e) {
      if (e instanceof TypeError) {
        return new Request(signed.url.toString(), Object.assign({ duplex: 'half' }, signed))
      }
      throw e
    }
  }
  async fetch(input, init) {
    for (let i = 0; i <= this.retries; i++) {
      const fetched = fetch(await this.sign(input, init));
      if (i === this.retries) {
        return fetched
      }
      const res = await fetched;
      if (res.status < 500 && res.status !== 429) {
        return res
      }
      await new Promise(resolve => setTimeout(resolve, Math.random() * this.initRetryMs * Math.pow(2, i)));
    }
    throw new Error('An unknown error occurred, ensure retries is not negative')
  }
}
class AwsV4Signer {
  constructor({ method, url, headers, body, accessKeyId, secretAccessKey, sessionToken, service, region, cache, datetime, signQuery, appendSessionToken, allHeaders, singleEncode }) {
    if (url == null) throw new TypeError('url is a required option')
    if (accessKeyId == null) throw new TypeError('accessKeyId is a required option')
    if (secretAccessKey == null) throw new TypeError('secretAccessKey is a required option')
    this.method = method || (body ? 'POST' : 'GET');
    this.url = new URL(url);
    this.headers = new Headers(headers || {});
    this.body = body;
    this.accessKeyId = accessKeyId;
    this.secretAccessKey = secretAccessKey;
    this.sessionToken = sessionToken;
    let guessedService, guessedRegion;
    if (!service || !region) {
[guessedService, guessedRegion] = guessServiceRegion(this.url, this.headers);
    }
    this.service = service || guessedService || '';
    this.region = region || guessedRegion || 'us-east-1';
    this.cache = cache || new Map();
    this.datetime = datetime || new Date().toISOString().replace(/[:-]|\.\d{3}/g, '');
    this.signQuery = signQuery;
    this.appendSessionToken = appendSessionToken || this.service === 'iotdevicegateway';
    this.headers.delete('Host');
    if (this.service === 's3' && !this.signQuery && !this.headers.has('X-Amz-Content-Sha256')) {
      this.headers.set('X-Amz-Content-Sha256', 'UNSIGNED-PAYLOAD');
    }
    const params = this.signQuery ? this.url.searchParams : this.headers;
    params.set('X-Amz-Date', this.datetime);
    if (this.sessionToken && !this.appendSessionToken) {
      params.set('X-Amz-Security-Token', this.sessionToken);
    }
    this.signableHeaders = ['host', ...this.headers.keys()]
      .filter(header => allHeaders || !UNSIGNABLE_HEADERS.has(header))
      .sort();
    this.signedHeaders = this.signableHeaders.join(';');
    this.canonicalHeaders = this.signableHeaders
      .map(header => header + ':' + (header === 'host' ? this.url.host : (this.headers.get(header) || '').replace(/\s+/g, ' ')))
      .join('\n');
    this.credentialString = [this.datetime.slice(0, 8), this.region, this.service, 'aws4_request'].join('/');
    if (this.signQuery) {
      if (this.service === 's3' && !params.has('X-Amz-Expires')) {
        params.set('X-Amz-Expires', '86400');
      }
      params.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA256');
      params.set('X-Amz-Credential', this.accessKeyId + '/' + this.credentialString);
      params.set('X-Amz-SignedHeaders', this.signedHeaders);
    }
    if (this.service === 's3') {
      try {
        this.encodedPath = decodeURIComponent(this.url.pathname.replace(/\+/g, ' '));
      } catch (e) {
        this.encodedPath = this.url.pathname;
      }
    } else {
      this.encodedPath = this.url.pathname.replace(/\/+/g, '/');
    }
    if (!singleEncode) {
      this.encodedPath = encodeURIComponent(this.encodedPath).replace(/%2F/g, '/');
    }
    this.encodedPath = encodeRfc3986(this.encodedPath);
    const seenKeys = new Set();
    this.encodedSearch = [...this.url.searchParams]
      .filter(([k]) => {
        if (!k) return false
        if (this.service === 's3') {
          if (seenKeys.has(k)) return false
          seenKeys.add(k);
        }
        return true
      })
      .map(pair => pair.map(p => encodeRfc3986(encodeURIComponent(p))))
      .sort(([k1, v1], [k2, v2]) => k1 < k2 ? -1 : k1 > k2 ? 1 : v1 < v2 ? -1 : v1 > v2 ? 1 : 0)
      .map(pair => pair.join('='))
      .join('&');
  }
  async sign() {
    if (this.signQuery) {
      this.url.searchParams.set('X-Amz-Signature', await this.signature());
      if (this.sessionToken && this.appendSessionToken) {
        this.url.searchParams.set('X-Amz-Security-Token', this.sessionToken);
      }
    } else {
      this.headers.set('Authorization', await this.authHeader());
    }
    return {
      method: this.method,
      url: this.url,
      headers: this.headers,
      body: this.body,
    }
  }
  async authHeader() {
    return [
      'AWS4-HMAC-SHA256 Credential=' + this.accessKeyId + '/' + this.credentialString,
      'SignedHeaders=' + this.signedHeaders,
      'Signature=' + (await this.signature()),
    ].join(', ')
  }
  async signature() {
    const date = this.datetime.slice(0, 8);
    const cacheKey = [this.secretAccessKey, date, this.region, this.service].join();
    let kCredentials = this.cache.get(cacheKey);
    if (!kCredentials) {
      const kDate = await hmac('AWS4' + this.secretAccessKey, date);
      const kRegion = await hmac(kDate, this.region);
      const kService = await hmac(kRegion, this.service);
      kCredentials = await hmac(kService, 'aws4_request');
      this.cache.set(cacheKey, kCredentials);
    }
    return buf2hex(await hmac(kCredentials, await this.stringToSign()))
  }
  async stringToSign() {
    return [
      'AWS4-HMAC-SHA256',
      this.datetime,
      this.credentialString,
      buf2hex(await hash(await this.canonicalString())),
    ].join('\n')
  }
  async canonicalString() {
    return [
      this.method.toUpperCase(),
      this.encodedPath,
      this.encodedSearch,
      this.canonicalHeaders + '\n',
      this.signedHeaders,
      await this.hexBodyHash(),
    ].join('\n')
  }
  async hexBodyHash() {
    let hashHeader = this.headers.get('X-Amz-Content-Sha256') || (this.service === 's3' && this.signQuery ? 'UNSIGNED-PAYLOAD' : null);
    if (hashHeader == null) {
      if (this.body && typeof this.body !== 'string' && !('byteLength' in this.body)) {
        throw new Error('body must be a string, ArrayBuffer or ArrayBufferView, unless you include the X-Amz-Content-Sha256 header')
      }
      hashHeader = buf2hex(await hash(this.body || ''));
    }
    return hashHeader
  }
}
async function hmac(key, string) {
  const cryptoKey = await crypto.subtle.importKey(
    'raw',
    typeof key === 'string' ? encoder.encode(key) : key,
    { name: 'HMAC', hash: { name: 'SHA-256' } },
    false,
    ['sign'],
  );
  return crypto.subtle.sign('HMAC', cryptoKey, encoder.encode(string))
}
async function hash(content) {
  return crypto.subtle.digest('SHA-256', typeof content === 'string' ? encoder.encode(content) : content)
}
const HEX_CHARS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
function buf2hex(arrayBuffer) {
  const buffer = new Uint8Array(arrayBuffer);
  let out = '';
  for (let idx = 0; idx < buffer.length; idx++) {
    const n = buffer[idx];
    out += HEX_CHARS[(n >>> 4) & 0xF];
    out += HEX_CHARS[n & 0xF];
  }
  return out
}
function encodeRfc3986(urlEncodedStr) {
  return urlEncodedStr.replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase())
}
function guessServiceRegion(url, headers) {
  const { hostname, pathname } = url;
  if (hostname.endsWith('.on.aws')) {
    const match = hostname.match(/^[^.]{1,63}\.lambda-url\.([^.]{1,63})\.on\.aws$/);
    return match != null ? ['lambda', match[1] || ''] : ['', '']
  }
  if (hostname.endsWith('.r2.cloudflarestorage.com')) {
    return ['s3', 'auto']
  }
  if (hostname.endsWith('.backblazeb2.com')) {
    const match = hostname.match(/^(?:[^.]{1,63}\.)?s3\.([^.]{1,63})\.backblazeb2\.com$/);
    return match != null ? ['s3', match[1] || ''] : ['', '']
  }
  const match = hostname.replace('dualstack.', '').match(/([^.]{1,63})\.(?:([^.]{0,63})\.)?amazonaws\.com(?:\.cn)?$/);
  let service = (match && match[1]) || '';
  let region = match && match[2];
  if (region === 'us-gov') {
    region = 'us-gov-west-1';
  } else if (region === 's3' || region === 's3-accelerate') {
    region = 'us-east-1';
    service = 's3';
  } else if (service === 'iot') {
    if (hostname.startsWith('iot.')) {
      service = 'execute-api';
    } else if (hostname.startsWith('data.jobs.iot.')) {
      service = 'iot-jobs-data';
    } else {
      service = pathname === '/mqtt' ? 'iotdevicegateway' : 'iotdata';
    }
  } else if (service === 'autoscaling') {
    const targetPrefix = (headers.get('X-Amz-Target') || '').split('.')[0];
    if (targetPrefix === 'AnyScaleFrontendService') {
      service = 'application-autoscaling';
    } else if (targetPrefix === 'AnyScaleScalingPlannerFrontendService') {
      service = 'autoscaling-plans';
    }
  } else if (region == null && service.startsWith('s3-')) {
    region = service.slice(3).replace(/^fips-|^external-1/, '');
    service = 's3';
  } else if (service.endsWith('-fips')) {
    service = service.slice(0, -5);
  } else if (region && /-\d$/.test(service) && !/-\d$/.test(region)) {
[service, region] = [region, service];
  }
  return [HOST_SERVICES[service] || service, region || '']
}



;// CONCATENATED MODULE: ./packages/s3/src/sign.ts


/**
 * The address and the headers of a signed request (AWS Signature Version 4), with the bucket in the path: all stores know that form. The checksum of the body is
 * a part of what is signed, so a store keeps no body that changed on its way. This file is the only importer of aws4fetch.
 */
async function signed({ method, key, query = {}, headers = {}, body }, place, now) {
    const { endpoint, region, bucket, accessKey, secretKey, sessionToken } = place;
    const address = `${endpoint}/${bucket}${key === '' ? '' : `/${pathOf(key)}`}`;
    const search = new URLSearchParams(query).toString();
    const signer = new AwsV4Signer({
        method,
        url: search === '' ? address : `${address}?${search}`,
        headers: {
            ...headers,
            'x-amz-content-sha256': (0,external_node_crypto_.createHash)('sha256')
                .update(body ?? '')
                .digest('hex'),
        },
        accessKeyId: accessKey,
        secretAccessKey: secretKey,
        ...(sessionToken !== undefined && { sessionToken }),
        service: 's3',
        region,
        datetime: new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    });
    const request = await signer.sign();
    // Behind the signature: some stores stand behind a proxy that changes it.
    request.headers.set('accept-encoding', 'identity');
    return { url: request.url.href, headers: request.headers };
}
/** A key as a path. What stands between two `/` may be anything, also nothing. */
const pathOf = (key) => key.split('/').map(encodeURIComponent).join('/');
/** Whether a key can be asked for: a part that is `.` or `..` is a step to another folder in every address, however it is written. */
const isAskable = (key) => key.isWellFormed() && key.split('/').every((part) => part !== '.' && part !== '..');

;// CONCATENATED MODULE: ./packages/s3/src/transport.ts



const TRIES = 5;
const PATIENCE_MS = 60_000;
/** A line so slow that it does not even bring this much gets no backup away in any time. */
const SLOWEST_BYTES_PER_MS = 50;
/** Asks a store, and asks again where that can help: everything that is asked of it may be done twice. */
class Transport {
    place;
    #options;
    constructor(place, options) {
        this.place = place;
        this.#options = options;
    }
    get patienceMs() {
        return this.#options.patienceMs ?? PATIENCE_MS;
    }
    /**
     * @param doing what it is for, in messages: `refuses to …`
     * @param expected statuses that are an answer, beside 2xx
     * @throws UserError DA-STORE-REFUSED or DA-STORE-UNREACHABLE; the signal's reason
     */
    async ask(request, doing, expected = []) {
        for (let tries = 1;; tries += 1) {
            const outcome = await this.#once(request, async (response) => ({
                status: response.status,
                headers: response.headers,
                text: await response.text(),
            }));
            if (!('error' in outcome)) {
                if ((outcome.status >= 200 && outcome.status < 300) || expected.includes(outcome.status))
                    return outcome;
                if (!isPassing(outcome.status))
                    throw refused(this.place, doing, outcome);
            }
            await this.pause(tries, doing, 'error' in outcome ? outcome.error : new Error(`it answers with status ${outcome.status}`));
        }
    }
    /** Begins to read an object. Undefined: there is none, or none as `if-match` and `range` want it. */
    async open(request, doing) {
        for (let tries = 1;; tries += 1) {
            const outcome = await this.#once(request, async (response) => response, { slowly: true });
            if (!('error' in outcome)) {
                if (outcome.ok)
                    return outcome;
                const text = await outcome.text().catch(() => '');
                if ([404, 412, 416].includes(outcome.status) && !text.includes('NoSuchBucket'))
                    return undefined;
                if (!isPassing(outcome.status))
                    throw refused(this.place, doing, { status: outcome.status, headers: outcome.headers, text });
            }
            await this.pause(tries, doing, 'error' in outcome ? outcome.error : new Error(`it answers with status ${outcome.status}`));
        }
    }
    /** Before the next try. @throws UserError DA-STORE-UNREACHABLE when there is none */
    async pause(tries, doing, cause) {
        const { clock, signal, random = Math.random } = this.#options;
        signal.throwIfAborted();
        if (tries >= TRIES)
            throw unreachable(this.place, doing, cause, tries);
        await clock.sleep(500 * 2 ** (tries - 1) * (0.5 + random()), signal);
    }
    /** One request that is made although the run was stopped: what it left there goes. Nobody waits for it long. */
    async tidy(request) {
        await this.#once(request, (response) => response.text(), { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    }
    async #once(request, read, { signal = this.#options.signal, slowly = false } = {}) {
        const { fetch, clock } = this.#options;
        signal.throwIfAborted();
        const ours = new AbortController();
        const limit = this.patienceMs + (request.body?.length ?? 0) / SLOWEST_BYTES_PER_MS;
        const timer = setTimeout(() => ours.abort(new DOMException('no answer in time', 'TimeoutError')), limit);
        const { url, headers } = await signed(request, this.place, clock.now());
        const either = AbortSignal.any([signal, ours.signal]);
        const { method, body } = request;
        try {
            if (slowly && fetch === globalThis.fetch)
                return await read(await readSlowly(url, headers, either));
            const sent = body !== undefined && { body: body };
            return await read(await fetch(url, { method, headers, redirect: 'manual', signal: either, ...sent }));
        }
        catch (error) {
            return { error };
        }
        finally {
            clearTimeout(timer);
        }
    }
}
/** The store's own trouble, or too many questions at once. */
const isPassing = (status) => status >= 500 || status === 429 || status === 408;

;// CONCATENATED MODULE: ./packages/s3/src/bucket.ts





const PART_BYTES = 8 * 1024 * 1024;
/** S3 takes 10,000 of them; what is encrypted is a little larger than what it was made of. */
const MOST_PARTS = 9_500;
/** How large the parts of a stream of about this size are. */
const partBytesFor = (size) => Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS));
/** A bucket of an S3-compatible store. Keys are any for which `isAskable` holds. */
class Bucket {
    place;
    #transport;
    constructor(place, options) {
        this.place = place;
        this.#transport = new Transport(place, options);
    }
    /** @param headers of the object, such as `content-type` */
    async put(key, bytes, headers = {}) {
        await this.#transport.ask({ method: 'PUT', key, headers, body: bytes }, `take ${key}`);
    }
    /**
     * Writes a stream, of which two parts are in memory at a time; the source is not read faster than the store takes it. What fits in one part is one request, else
     * it goes up in parts, and there is nothing until the last one is there. What the source throws comes through.
     */
    async upload(key, source, partBytes = PART_BYTES, headers = {}) {
        const parts = inParts(source, partBytes);
        const first = await parts.next();
        const second = first.done ? first : await parts.next();
        if (second.done)
            return this.put(key, first.done ? Buffer.alloc(0) : first.value, headers);
        const begun = await this.#transport.ask({ method: 'POST', key, query: { uploads: '' }, headers }, `take ${key} in parts`);
        const uploadId = valueIn(begun.text, 'UploadId') ?? '';
        try {
            const etags = [];
            for (let part = first.value, ahead = Promise.resolve(second);;) {
                const sending = this.#putPart(key, uploadId, etags.length + 1, part);
                const [sent, read] = await Promise.allSettled([sending, ahead ?? parts.next()]);
                if (sent.status === 'rejected')
                    throw sent.reason;
                if (read.status === 'rejected')
                    throw read.reason;
                etags.push(sent.value);
                if (read.value.done)
                    break;
                part = read.value.value;
                ahead = undefined;
            }
            await this.#complete(key, uploadId, etags);
        }
        catch (error) {
            await this.#transport.tidy({ method: 'DELETE', key, query: { uploadId } });
            await parts.return(undefined);
            throw error;
        }
    }
    async #putPart(key, uploadId, number, body) {
        const query = { partNumber: String(number), uploadId };
        const { headers } = await this.#transport.ask({ method: 'PUT', key, query, body }, `take part ${number} of ${key}`);
        return headers.get('etag') ?? '';
    }
    /** A store may say in the middle of a good answer that it failed. One that no longer knows the upload had put it together when we did not hear of it. */
    async #complete(key, uploadId, etags) {
        const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`);
        const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
        const doing = `put the parts of ${key} together`;
        const answer = await this.#transport.ask({ method: 'POST', key, query: { uploadId }, body }, doing, [404]);
        if (answer.status === 404 ? valueIn(answer.text, 'Code') !== 'NoSuchUpload' : answer.text.includes('<Error>'))
            throw refused(this.place, doing, answer);
    }
    /** The bytes of an object; a connection that breaks is taken up where it broke. @returns undefined when there is no such object */
    async read(key) {
        return (await openObject(this.#transport, key))?.stream;
    }
    /** As `read`, of an object that has to be there. @throws UserError DA-STORE-BROKEN */
    async require(key) {
        const stream = await this.read(key);
        if (stream === undefined)
            throw broken(this.place, `${key} is not there`);
        return stream;
    }
    /** An object with its headers, byte for byte as it lies there, as long as it has this ETag. @returns undefined when there is none, or none with this ETag */
    open(key, etag) {
        return openObject(this.#transport, key, etag);
    }
    /** All objects whose keys begin like this. */
    async list(prefix) {
        const found = [];
        for (let token, more = true; more;) {
            const query = { 'list-type': '2', prefix, ...(token !== undefined && { 'continuation-token': token }) };
            const text = await this.#page(query);
            found.push(...entriesOf(text));
            token = valueIn(text, 'NextContinuationToken');
            more = valueIn(text, 'IsTruncated') === 'true';
            // Half a list would be one of objects that are gone.
            if (more && token === undefined)
                throw broken(this.place, `the list of ${prefix} breaks off after ${found.length} objects`);
        }
        return found;
    }
    /** The first object whose key begins like this: the one with exactly this key, if there is one. */
    async first(prefix) {
        return entriesOf(await this.#page({ 'list-type': '2', prefix, 'max-keys': '1' }))[0];
    }
    async #page(query) {
        const { text } = await this.#transport.ask({ method: 'GET', key: '', query }, `list ${query.prefix}`);
        // A page of a proxy or of a web server would be a list with nothing in it.
        if (!/<ListBucketResult[\s>]/.test(text))
            throw notAStore(this.place, text);
        return text;
    }
    async remove(key) {
        await this.#transport.ask({ method: 'DELETE', key }, `delete ${key}`, [404]);
    }
    /** Removes what a run that failed would leave behind; asks once, and nothing comes of it when that fails. */
    async discard(key) {
        await this.#transport.tidy({ method: 'DELETE', key });
    }
}
const entriesOf = (page) => elementsIn(page, 'Contents').map((entry) => ({
    key: valueIn(entry, 'Key') ?? '',
    size: Number(valueIn(entry, 'Size')),
    etag: valueIn(entry, 'ETag') ?? '',
    modified: Date.parse(valueIn(entry, 'LastModified') ?? ''),
}));

;// CONCATENATED MODULE: ./packages/s3/src/inputs.ts

/** The address of a store, as an origin. */
const endpoint = (0,src/* reader */.wA)((raw) => {
    const url = URL.parse(/^[a-z]+:\/\//.test(raw) ? raw : `https://${raw}`);
    if (url === null || !/^https?:$/.test(url.protocol))
        throw new src/* Mistake */.Fp('must be the address of a store', 'Write it like `https://nyc3.digitaloceanspaces.com`.');
    if (url.username !== '' || url.search !== '' || url.hash !== '')
        throw new src/* Mistake */.Fp('has more than an address', 'Keys have inputs of their own.');
    if (url.pathname !== '/')
        throw new src/* Mistake */.Fp(`has a path ("${url.pathname}")`, 'The bucket and folders in it have inputs of their own.');
    return url.origin;
});
const bucket = (0,src/* matching */.wC)(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket: 3 to 63 lower-case letters, digits, `.` and `-`', 'An endpoint and a prefix have inputs of their own.');
const region = (0,src/* matching */.wC)(/^[a-z0-9][a-z0-9-]*$/, 'must be a region, such as `eu-central-1`');
const prefix = (0,src/* reader */.wA)((raw) => {
    const path = raw.replace(/^\/+|\/+$/g, '');
    if (!/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) || path.split('/').some((part) => /^\.+$/.test(part)))
        throw new src/* Mistake */.Fp('must be folders of letters, digits, `.`, `_` and `-`', 'Write it like `backups/production`.');
    return path;
});
const word = (what) => (0,src/* matching */.wC)(/^[\x21-\x7e]+$/, `must be ${what}, on one line and without spaces`);
/** The inputs by which an action finds a bucket, in the order of action.yml. */
const s3Inputs = {
    's3-bucket': (0,src/* optional */.lq)(bucket),
    's3-endpoint': (0,src/* optional */.lq)(endpoint),
    's3-region': (0,src/* optional */.lq)(region),
    's3-prefix': (0,src/* optional */.lq)(prefix),
    's3-access-key': (0,src/* secret */.rJ)((0,src/* optional */.lq)(word('the id of a key'))),
    's3-secret-key': (0,src/* secret */.rJ)((0,src/* optional */.lq)(word('a secret key'))),
    's3-session-token': (0,src/* secret */.rJ)((0,src/* optional */.lq)(word('a session token'))),
};
/** The bucket that these inputs name; undefined: none. */
function placeOf(values) {
    const { s3Bucket, s3Endpoint, s3Region, s3AccessKey = '', s3SecretKey = '', s3SessionToken } = values;
    if (s3Bucket === undefined)
        return undefined;
    const region = s3Region ?? 'us-east-1';
    const endpoint = s3Endpoint ?? `https://s3.${region}.amazonaws.com`;
    return { endpoint, region, bucket: s3Bucket, accessKey: s3AccessKey, secretKey: s3SecretKey, sessionToken: s3SessionToken };
}

;// CONCATENATED MODULE: ./packages/s3/src/some-at-once.ts
/** Each of them may hold two parts of 8 MiB. */
const AT_ONCE = 4;
/** Does a work for each item, some at a time. The first that fails ends it, when those that were begun have ended. */
async function someAtOnce(items, work) {
    const left = items[Symbol.iterator]();
    let hasFailed = false;
    const worker = async () => {
        for (let next = left.next(); !next.done && !hasFailed; next = left.next()) {
            try {
                await work(next.value);
            }
            catch (error) {
                hasFailed = true;
                throw error;
            }
        }
    };
    const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
    for (const one of ended)
        if (one.status === 'rejected')
            throw one.reason;
}

;// CONCATENATED MODULE: ./packages/s3/src/index.ts








/***/ }),

/***/ 613:
/***/ ((module) => {

"use strict";
module.exports = require("assert");

/***/ }),

/***/ 434:
/***/ ((module) => {

"use strict";
module.exports = require("events");

/***/ }),

/***/ 611:
/***/ ((module) => {

"use strict";
module.exports = require("http");

/***/ }),

/***/ 692:
/***/ ((module) => {

"use strict";
module.exports = require("https");

/***/ }),

/***/ 278:
/***/ ((module) => {

"use strict";
module.exports = require("net");

/***/ }),

/***/ 598:
/***/ ((module) => {

"use strict";
module.exports = require("node:crypto");

/***/ }),

/***/ 24:
/***/ ((module) => {

"use strict";
module.exports = require("node:fs");

/***/ }),

/***/ 67:
/***/ ((module) => {

"use strict";
module.exports = require("node:http");

/***/ }),

/***/ 760:
/***/ ((module) => {

"use strict";
module.exports = require("node:path");

/***/ }),

/***/ 756:
/***/ ((module) => {

"use strict";
module.exports = require("tls");

/***/ }),

/***/ 23:
/***/ ((module) => {

"use strict";
module.exports = require("util");

/***/ })

/******/ 	});
/************************************************************************/
/******/ 	// The module cache
/******/ 	var __webpack_module_cache__ = {};
/******/ 	
/******/ 	// The require function
/******/ 	function __nccwpck_require__(moduleId) {
/******/ 		// Check if module is in cache
/******/ 		var cachedModule = __webpack_module_cache__[moduleId];
/******/ 		if (cachedModule !== undefined) {
/******/ 			return cachedModule.exports;
/******/ 		}
/******/ 		// Create a new module (and put it into the cache)
/******/ 		var module = __webpack_module_cache__[moduleId] = {
/******/ 			// no module.id needed
/******/ 			// no module.loaded needed
/******/ 			exports: {}
/******/ 		};
/******/ 	
/******/ 		// Execute the module function
/******/ 		var threw = true;
/******/ 		try {
/******/ 			__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 			threw = false;
/******/ 		} finally {
/******/ 			if(threw) delete __webpack_module_cache__[moduleId];
/******/ 		}
/******/ 	
/******/ 		// Return the exports of the module
/******/ 		return module.exports;
/******/ 	}
/******/ 	
/************************************************************************/
/******/ 	/* webpack/runtime/asset-relocator-loader */
/******/ 	if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = __dirname + "/";
/******/ 	
/******/ 	/* webpack/runtime/async module */
/******/ 	(() => {
/******/ 		var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 		var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 		var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 		var resolveQueue = (queue) => {
/******/ 			if(queue && queue.d < 1) {
/******/ 				queue.d = 1;
/******/ 				queue.forEach((fn) => (fn.r--));
/******/ 				queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 			}
/******/ 		}
/******/ 		var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 			if(dep !== null && typeof dep === "object") {
/******/ 				if(dep[webpackQueues]) return dep;
/******/ 				if(dep.then) {
/******/ 					var queue = [];
/******/ 					queue.d = 0;
/******/ 					dep.then((r) => {
/******/ 						obj[webpackExports] = r;
/******/ 						resolveQueue(queue);
/******/ 					}, (e) => {
/******/ 						obj[webpackError] = e;
/******/ 						resolveQueue(queue);
/******/ 					});
/******/ 					var obj = {};
/******/ 					obj[webpackQueues] = (fn) => (fn(queue));
/******/ 					return obj;
/******/ 				}
/******/ 			}
/******/ 			var ret = {};
/******/ 			ret[webpackQueues] = x => {};
/******/ 			ret[webpackExports] = dep;
/******/ 			return ret;
/******/ 		}));
/******/ 		__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 			var queue;
/******/ 			hasAwait && ((queue = []).d = -1);
/******/ 			var depQueues = new Set();
/******/ 			var exports = module.exports;
/******/ 			var currentDeps;
/******/ 			var outerResolve;
/******/ 			var reject;
/******/ 			var promise = new Promise((resolve, rej) => {
/******/ 				reject = rej;
/******/ 				outerResolve = resolve;
/******/ 			});
/******/ 			promise[webpackExports] = exports;
/******/ 			promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 			module.exports = promise;
/******/ 			body((deps) => {
/******/ 				currentDeps = wrapDeps(deps);
/******/ 				var fn;
/******/ 				var getResult = () => (currentDeps.map((d) => {
/******/ 					if(d[webpackError]) throw d[webpackError];
/******/ 					return d[webpackExports];
/******/ 				}))
/******/ 				var promise = new Promise((resolve) => {
/******/ 					fn = () => (resolve(getResult));
/******/ 					fn.r = 0;
/******/ 					var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 					currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 				});
/******/ 				return fn.r ? promise : getResult();
/******/ 			}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 			queue && queue.d < 0 && (queue.d = 0);
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/compat get default export */
/******/ 	(() => {
/******/ 		// getDefaultExport function for compatibility with non-harmony modules
/******/ 		__nccwpck_require__.n = (module) => {
/******/ 			var getter = module && module.__esModule ?
/******/ 				() => (module['default']) :
/******/ 				() => (module);
/******/ 			__nccwpck_require__.d(getter, { a: getter });
/******/ 			return getter;
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/define property getters */
/******/ 	(() => {
/******/ 		// define getter functions for harmony exports
/******/ 		__nccwpck_require__.d = (exports, definition) => {
/******/ 			for(var key in definition) {
/******/ 				if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 					Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 				}
/******/ 			}
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/hasOwnProperty shorthand */
/******/ 	(() => {
/******/ 		__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/make namespace object */
/******/ 	(() => {
/******/ 		// define __esModule on exports
/******/ 		__nccwpck_require__.r = (exports) => {
/******/ 			if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 				Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 			}
/******/ 			Object.defineProperty(exports, '__esModule', { value: true });
/******/ 		};
/******/ 	})();
/******/ 	
/************************************************************************/
/******/ 	
/******/ 	// startup
/******/ 	// Load entry module and return exports
/******/ 	// This entry module used 'module' so it can't be inlined
/******/ 	var __webpack_exports__ = __nccwpck_require__(577);
/******/ 	module.exports = __webpack_exports__;
/******/ 	
/******/ })()
;