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

/***/ 310:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  K: () => (/* binding */ allowSsh)
});

// EXTERNAL MODULE: ./packages/digitalocean/src/transport.ts
var src_transport = __nccwpck_require__(961);
// EXTERNAL MODULE: ./packages/digitalocean/src/firewalls.ts
var src_firewalls = __nccwpck_require__(401);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __nccwpck_require__(30);
// EXTERNAL MODULE: ./packages/digitalocean/src/droplets.ts
var droplets = __nccwpck_require__(873);
// EXTERNAL MODULE: ./packages/kit/src/index.ts + 42 modules
var src = __nccwpck_require__(854);
// EXTERNAL MODULE: ./packages/hosts/src/found-hosts.ts + 1 modules
var found_hosts = __nccwpck_require__(798);
// EXTERNAL MODULE: ./packages/hosts/src/host.ts
var host = __nccwpck_require__(353);
;// CONCATENATED MODULE: ./packages/hosts/src/hosted-droplets.ts





/**
 * The same lines as `placesOf` takes, by the droplets that they are at DigitalOcean: of a name with several addresses all of them. @param port where a line has none
 * @throws UserError DA-HOSTS-INVALID, DA-HOSTS-NONE, DA-HOSTS-DROPLET, DA-DO-…
 */
async function hostedDroplets(lines, port, ports) {
    const written = (0,host/* parseHosts */.tB)(lines.filter((line) => (0,found_hosts/* readLookup */.p7)(line) === undefined), { user: 'root', port });
    const doors = [];
    for (const lookup of lines.flatMap((line) => (0,found_hosts/* readLookup */.p7)(line) ?? []))
        for (const droplet of await (0,found_hosts/* activeDroplets */.kl)(lookup, ports.transport, ports.log))
            doors.push({ droplet, port, host: droplet.name, addresses: droplet.addresses.public.slice(0, 1) });
    const all = written.length === 0 ? [] : await (0,droplets/* allDroplets */.x)(ports.transport);
    for (const host of written)
        doors.push(...(await doorsOf(host, all, ports)));
    return doors;
}
/** The droplet with an address, in either network. */
const dropletAt = (address, droplets) => droplets.find(({ addresses }) => [...addresses.public, ...addresses.private].some((one) => spelt(one) === spelt(address)));
const spelt = (address) => ((0,external_node_net_.isIPv6)(address) ? (0,host/* canonicalIPv6 */.OO)(address) : address);
/** A client takes any address of a name, so behind each of them somebody has to open. */
async function doorsOf({ host, port }, all, { resolve, log }) {
    const addresses = (0,external_node_net_.isIP)(host) === 0 ? await resolve(host).catch(() => []) : [host];
    const droplets = new Set(addresses.flatMap((address) => dropletAt(address, all) ?? []));
    if (droplets.size === 0)
        throw noDroplet(host, addresses);
    const others = addresses.filter((address) => dropletAt(address, all) === undefined);
    if (others.length > 0)
        log.warning(`${host} also has the address ${others.join(' and ')}, which no droplet has: who logs in there stays outside`);
    return [...droplets].map((droplet) => ({ droplet, port, host, addresses }));
}
function noDroplet(host, addresses) {
    const what = addresses.length === 0
        ? `the name ${host} has no address`
        : `no droplet has the address ${addresses.join(' or ')}${(0,external_node_net_.isIP)(host) === 0 ? ` of ${host}` : ''}`;
    const hint = 'Write `droplet-tag:…`, or an address that DigitalOcean shows for the droplet: not that of a CDN or a balancer in front of it. Is the token of the team that has it?';
    return new src/* UserError */.yo('DA-HOSTS-DROPLET', what, { hint });
}

;// CONCATENATED MODULE: ./actions/allow-ssh/src/firewall-name.ts
/** @param machine the computer's name, which tells apart who does it from a shell: there is no run that does */
function runNameIn(env, machine) {
    const local = ['local', env.USER ?? env.USERNAME, machine].join('-');
    const { GITHUB_REPOSITORY: repository = local, GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt, RUNNER_ENVIRONMENT: where } = env;
    return {
        repository: repository.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 60),
        ...{ run: Number(run ?? 0), attempt: Number(attempt ?? 1) },
        hours: env.GITHUB_ACTIONS === 'true' && where !== 'github-hosted' ? 120 : 6,
    };
}
/** Begins with a letter, then letters, digits, `.` and `-` (digitalocean/openapi, models/firewall.yml). @param random hex digits: two jobs or steps of a run differ in nothing else */
const nameOf = ({ repository, run, attempt, hours }, random, part) => `deploy-actions-ssh-${repository}-${run}-${attempt}-${random}-${hours}h${part === 0 ? '' : `-${part + 1}`}`;
const NAME = /^deploy-actions-ssh-(.+)-(\d+)-(\d+)-[0-9a-f]+-(\d+)h(?:-\d+)?$/;
/** The run that made a firewall; undefined where it is none of this action's. */
function madeBy({ name }) {
    const [, repository, run, attempt, hours] = NAME.exec(name) ?? [];
    return repository === undefined ? undefined : { repository, run: Number(run), attempt: Number(attempt), hours: Number(hours) };
}
/** Whether a firewall was left by a run of the same repository that is surely over: longer ago than a job can last, or another attempt of this run. */
function isLeftover(firewall, own, now) {
    const by = madeBy(firewall);
    if (by === undefined || by.repository !== own.repository)
        return false;
    return (by.run === own.run && by.attempt < own.attempt) || now - firewall.createdAt > by.hours * 3_600_000;
}

// EXTERNAL MODULE: ./actions/allow-ssh/src/inputs.ts + 1 modules
var inputs = __nccwpck_require__(427);
// EXTERNAL MODULE: ./actions/allow-ssh/src/made.ts
var src_made = __nccwpck_require__(709);
;// CONCATENATED MODULE: ./actions/allow-ssh/src/leftovers.ts




/** Deletes what dead runs of this repository left. Another run may do it at the same time, and what cannot be deleted is the next one's. */
async function removeLeftovers(all, transport, { log, clock, env, machine }) {
    for (const one of all.filter((firewall) => isLeftover(firewall, runNameIn(env, machine), clock.now()))) {
        try {
            await (0,src_firewalls/* deleteFirewall */.IC)(transport, one.id);
            const addresses = new Set(one.inbound.flatMap((rule) => rule.addresses));
            log.warning(`a run that died had left the firewall ${one.name}, which let ${[...addresses].join(', ')} in: it is deleted`);
        }
        catch (error) {
            log.warning(`${one.name}, left by a run that died, is still there: ${(0,src/* messageOf */.bD)(error)}\n${(0,src_made/* byHand */.XL)([one.id])}`, 'DA-FIREWALL-LEFT');
        }
    }
}

// EXTERNAL MODULE: ./packages/digitalocean/src/failures.ts
var failures = __nccwpck_require__(113);
;// CONCATENATED MODULE: ./actions/allow-ssh/src/in-force.ts


const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;
/** Waits until firewalls are in force on all their droplets. @throws UserError DA-FIREWALL-PENDING */
async function inForce(ids, timeout, transport, { clock, signal }) {
    const end = clock.now() + timeout;
    for (const id of ids)
        for (let pause = PAUSE_MS;; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
            const { status, pending } = await (0,src_firewalls/* firewallById */.Vu)(transport, id);
            if (status === 'succeeded' && pending.length === 0)
                break;
            const where = pending.map(({ dropletId }) => dropletId).join(', ') || 'nobody says which';
            if (status === 'failed')
                throw notInForce(`DigitalOcean could not put the firewall ${id} in force (droplets: ${where})`);
            if (clock.now() + pause > end)
                throw notInForce(`the firewall ${id} is not in force after ${(0,src/* formatDuration */.a3)(timeout)} (droplets: ${where})`);
            await clock.sleep(pause, signal);
        }
}
const notInForce = (what) => new src/* UserError */.yo('DA-FIREWALL-PENDING', what, {
    hint: 'It is deleted again. See status.digitalocean.com, give a longer `timeout`, and run the job again.',
});

;// CONCATENATED MODULE: ./actions/allow-ssh/src/need.ts


const namesOf = (droplets) => droplets.map(({ name }) => name).join(', ');
/** The ports in order, each with its droplets. */
const byPort = (doors) => [...Map.groupBy(doors, ({ port }) => port)].map(([port, of]) => [port, dropletsOf(of)]).sort(([a], [b]) => a - b);
/** Each once, although several hosts may be one droplet. */
const dropletsOf = (doors) => [...new Map(doors.map(({ droplet }) => [droplet.id, droplet])).values()];
/**
 * @param firewalls those that stay: none that this action makes, because they go with their job
 * @throws UserError DA-FIREWALL-NONE for droplets that have none
 */
function needOf({ doors, address }, firewalls) {
    const bare = dropletsOf(doors.filter(({ droplet }) => !firewalls.some((one) => (0,src_firewalls/* covers */.hU)(one, droplet))));
    if (bare.length > 0)
        throw withoutFirewall(bare);
    const isOpen = ({ droplet, port }) => firewalls.some((one) => (0,src_firewalls/* covers */.hU)(one, droplet) && (0,src_firewalls/* isInForce */.fx)(one, droplet) && (0,src_firewalls/* letsIn */.C6)(one, address, port));
    return {
        closed: doors.filter((door) => !isOpen(door)),
        openToAll: firewalls.filter((one) => doors.some(({ droplet, port }) => (0,src_firewalls/* covers */.hU)(one, droplet) && (0,src_firewalls/* letsEverybodyIn */.BY)(one, port))),
    };
}
/**
 * With a first firewall everything is closed that it does not name, in and out. Where there is one already, another one can only add: an inbound rule
 * changes nothing of what goes out (docs.digitalocean.com/products/networking/firewalls: the union of the rules of all firewalls is in force).
 */
function withoutFirewall(droplets) {
    const [has, its] = droplets.length === 1 ? ['has', 'It is'] : ['have', 'They are'];
    return new src/* UserError */.yo('DA-FIREWALL-NONE', `${namesOf(droplets)} ${has} no firewall at DigitalOcean that stays`, {
        hint: `${its} open to everybody, and a first firewall for SSH alone would close 80, 443 and everything that goes out. Make one with the rules that everybody needs, without SSH, and put it on ${droplets.length === 1 ? 'this droplet' : 'these droplets'}. If there is one: without \`droplet:read\` and \`tag:read\` the token does not see where.`,
    });
}

;// CONCATENATED MODULE: ./actions/allow-ssh/src/make-way.ts






/** Makes the firewalls for these doors and waits until they are in force; when that goes wrong, it takes them away again. */
async function makeWay(wanted, given, transport, ports) {
    const { log, clock, runner, signal } = ports;
    await requireDelete(transport);
    let made = src_made/* NOTHING */.K$;
    const keep = (now) => {
        made = now;
        (0,src_made/* keepMade */.pK)(runner, made, (0,inputs/* accessOf */.YK)(given));
    };
    try {
        for (const request of requestsOf(wanted, ports)) {
            keep({ ...made, names: [...made.names, request.name] });
            const { id } = await (0,src_firewalls/* createFirewall */.te)(transport, request, (ms) => clock.sleep(ms, signal));
            keep({ ...made, ids: [...made.ids, id] });
            log.info(`${request.name} lets ${wanted.address} in at port ${request.port} of ${namesOf(request.droplets)}`);
        }
        await log.progress('until it is in force', () => inForce(made.ids, given.timeout, transport, ports));
        ports.outputs.set('firewall-id', made.ids.join('\n'));
    }
    catch (error) {
        // The end of the job would do it too; in a shell there is none. What was refused was not made, and needs no looking for.
        if (error instanceof failures/* ApiRefusal */.n5)
            keep({ ...made, names: made.names.slice(0, made.ids.length) });
        const evenIfCancelled = new src_transport/* Transport */.o({ ...(0,inputs/* accessOf */.YK)(given), fetch: ports.fetch, clock });
        if (await (0,src_made/* takeAway */.uu)(made, { transport: evenIfCancelled, log, clock }))
            keep(src_made/* NOTHING */.K$);
        throw error;
    }
    if (runner.kind === 'shell')
        log.notice(`here nothing comes after this step. ${(0,src_made/* byHand */.XL)(made.ids)}`);
}
/** One for each port: a port of one droplet is none of another one's. A firewall takes ten droplets. */
function requestsOf({ doors, address }, { env, mark, machine }) {
    const own = mark();
    const parts = byPort(doors).flatMap(([port, droplets]) => Array.from({ length: Math.ceil(droplets.length / src_firewalls/* DROPLETS_PER_FIREWALL */.lR) }, (_, part) => ({
        ...{ port, address },
        droplets: droplets.slice(part * src_firewalls/* DROPLETS_PER_FIREWALL */.lR, (part + 1) * src_firewalls/* DROPLETS_PER_FIREWALL */.lR),
    })));
    return parts.map((request, part) => ({
        ...request,
        ...{ name: nameOf(runNameIn(env, machine), own, part), dropletIds: request.droplets.map(({ id }) => id) },
    }));
}
/**
 * Deletes one that nobody has: a token that may make firewalls and delete none would leave one behind with each job.
 * @throws ApiRefusal DA-DO-SCOPE
 */
async function requireDelete(transport) {
    try {
        await (0,src_firewalls/* deleteFirewall */.IC)(transport, '00000000-0000-4000-8000-000000000000');
    }
    catch (error) {
        if (!(error instanceof failures/* ApiRefusal */.n5) || error.code === 'DA-DO-SCOPE')
            throw error;
    }
}

// EXTERNAL MODULE: ./actions/allow-ssh/src/runner-address.ts
var runner_address = __nccwpck_require__(167);
;// CONCATENATED MODULE: ./actions/allow-ssh/src/allow-ssh.ts








/** Lets this runner in, unless it is already, and waits until that is in force. */
async function allowSsh(given, ports) {
    const { log, outputs, summary } = ports;
    const transport = new src_transport/* Transport */.o({ ...ports, ...(0,inputs/* accessOf */.YK)(given) });
    const address = given.address ?? (await (0,runner_address/* runnerAddress */.Z0)(given.addressUrl, ports));
    outputs.set('address', address);
    const doors = await hostedDroplets(given.host, given.port, { ...ports, transport });
    (0,runner_address/* requireFamily */.q2)(address, doors);
    const all = await (0,src_firewalls/* allFirewalls */.fB)(transport);
    if (!given.dryRun)
        await removeLeftovers(all, transport, ports);
    const { closed, openToAll } = needOf({ doors, address }, all.filter(stays));
    for (const one of openToAll)
        log.notice(openToEverybody(one, doors));
    const told = byPort(closed.length === 0 ? doors : closed).map(([port, droplets]) => `SSH (port ${port}) of ${namesOf(droplets)}`);
    const door = told.join(' and ');
    if (closed.length === 0) {
        log.info(`${door} is open to ${address} already: nothing is made`);
    }
    else if (given.dryRun) {
        log.info(`would open ${door} to ${address} until the end of the job`);
    }
    else {
        await makeWay({ doors: closed, address }, given, transport, ports);
        summary.text(`🔓 ${door} is open to \`${address}\` until the end of this job.`);
    }
    outputs.set('status', closed.length === 0 ? 'open' : given.dryRun ? 'planned' : 'allowed');
    return 'ok';
}
/** Those that this action makes go with their job, so nobody may count on them. */
const stays = (firewall) => madeBy(firewall) === undefined;
const openToEverybody = (firewall, doors) => {
    const { name, id } = firewall;
    const ports = byPort(doors.filter(({ port }) => (0,src_firewalls/* letsEverybodyIn */.BY)(firewall, port))).map(([port]) => port);
    return `the firewall ${name} (${id}) lets everybody in at port ${ports.join(' and ')}. Take that rule out ("Networking" → "Firewalls" → ${name}): this action lets in the runner alone, for the length of the job.`;
};


/***/ }),

/***/ 547:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   k: () => (/* binding */ isEndOfJob)
/* harmony export */ });
/* harmony import */ var _deploy_actions_digitalocean__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(961);
/* harmony import */ var _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(854);
/* harmony import */ var _made_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(709);



/** Whether this is the end of the job, where the runner starts every action once more; then what the step made goes. It reads no input, and fails no job. */
async function isEndOfJob({ runner, log, clock, secrets }, fetch) {
    if (runner.state('begun') === '') {
        runner.saveState('begun', 'yes');
        return false;
    }
    const made = (0,_made_js__WEBPACK_IMPORTED_MODULE_1__/* .keptMade */ .OM)(runner);
    if (made === undefined)
        return true;
    secrets.add(made.access.token);
    try {
        const transport = new _deploy_actions_digitalocean__WEBPACK_IMPORTED_MODULE_2__/* .Transport */ .o({ ...made.access, fetch, clock });
        if (await (0,_made_js__WEBPACK_IMPORTED_MODULE_1__/* .takeAway */ .uu)(made, { transport, log, clock }))
            log.info('SSH is closed to this runner again');
    }
    catch (error) {
        log.warning(`${(0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)}\n${(0,_made_js__WEBPACK_IMPORTED_MODULE_1__/* .byHand */ .XL)(made.ids, made.names)}`, 'DA-FIREWALL-LEFT');
    }
    return true;
}


/***/ }),

/***/ 334:
/***/ ((module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
__nccwpck_require__.a(module, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
__nccwpck_require__.r(__webpack_exports__);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_dns_promises__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(553);
/* harmony import */ var node_dns_promises__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_dns_promises__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(161);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_2___default = /*#__PURE__*/__nccwpck_require__.n(node_os__WEBPACK_IMPORTED_MODULE_2__);
/* harmony import */ var _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(854);
/* harmony import */ var _allow_ssh_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(310);
/* harmony import */ var _end_of_job_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(547);
/* harmony import */ var _inputs_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(427);







const resolve = async (name) => (await (0,node_dns_promises__WEBPACK_IMPORTED_MODULE_1__.lookup)(name, { all: true })).map(({ address }) => address);
await (0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_3__/* .runAction */ .Cs)(async (world) => {
    if (await (0,_end_of_job_js__WEBPACK_IMPORTED_MODULE_5__/* .isEndOfJob */ .k)(world, fetch))
        return 'ok';
    return (0,_allow_ssh_js__WEBPACK_IMPORTED_MODULE_4__/* .allowSsh */ .K)(world.inputs(_inputs_js__WEBPACK_IMPORTED_MODULE_6__/* .inputs */ .QL), { ...world, fetch, resolve, machine: (0,node_os__WEBPACK_IMPORTED_MODULE_2__.hostname)(), mark: () => (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(3).toString('hex') });
});

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 427:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  YK: () => (/* binding */ accessOf),
  QL: () => (/* binding */ inputs)
});

// UNUSED EXPORTS: outputs

// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __nccwpck_require__(30);
// EXTERNAL MODULE: ./packages/kit/src/index.ts + 42 modules
var src = __nccwpck_require__(854);
;// CONCATENATED MODULE: ./packages/digitalocean/src/api-inputs.ts

const uuid = (0,src/* matching */.wC)(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be the id of an app, like `4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf`');
/** As the platform has it: digitalocean/openapi, app_spec. */
const appName = (0,src/* matching */.wC)(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, 'must be 2 to 32 lower-case letters, digits and `-`, and begin with a letter');
const clusterId = (0,src/* matching */.wC)(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be the id of a managed database cluster, like `9cc10173-e9ea-4176-9dbc-a4cee4c4ff30`');
const address = (0,src/* matching */.wC)(/^(?:https:\/\/[^/\s]+|http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?)$/, 'must be an https address without a path: the token goes there');
/** Inputs by which every action reaches an app, by name. */
const apiInputs = {
    token: (0,src/* secret */.rJ)(src/* text */.Qq),
    appId: (0,src/* optional */.lq)(uuid),
    appName: (0,src/* optional */.lq)(appName),
    databaseId: (0,src/* optional */.lq)(clusterId),
    maxAgeHours: (0,src/* integer */.nd)({ min: 1, max: 24 * 31 }),
    pollInterval: (0,src/* duration */.p0)({ min: 50, max: 60_000 }),
    apiUrl: address,
};
/** One of the two has to be given. */
function appProblems(values) {
    if (!('appId' in values) || !('appName' in values) || values.appId !== undefined || values.appName !== undefined)
        return [];
    return [{ input: 'app-name', rule: 'is required, or `app-id`', fix: 'Say which app it is.' }];
}

// EXTERNAL MODULE: ./packages/hosts/src/found-hosts.ts + 1 modules
var found_hosts = __nccwpck_require__(798);
// EXTERNAL MODULE: ./packages/hosts/src/host.ts
var host = __nccwpck_require__(353);
// EXTERNAL MODULE: ./actions/allow-ssh/src/runner-address.ts
var runner_address = __nccwpck_require__(167);
;// CONCATENATED MODULE: ./actions/allow-ssh/src/inputs.ts





const hosts = (0,src/* reader */.wA)((raw) => {
    const found = (0,src/* atLeastOne */.LU)(src/* lines */.Mn).read(raw);
    try {
        const written = found.filter((line) => (0,found_hosts/* readLookup */.p7)(line) === undefined);
        (0,host/* parseHosts */.tB)(written, { user: 'root', port: 22 });
    }
    catch (error) {
        if (!(error instanceof src/* UserError */.yo))
            throw error;
        throw new src/* Mistake */.Fp(`is wrong: ${error.message}`, error.hint);
    }
    return found;
});
const inputs_address = (0,src/* reader */.wA)((raw) => {
    if ((0,external_node_net_.isIP)(raw) !== 0 && (0,runner_address/* isPublic */.Ul)(raw))
        return raw;
    throw new src/* Mistake */.Fp('must be one public IPv4 or IPv6 address', 'Write it like `203.0.113.9`, without a network behind it.');
});
const asked = (0,src/* reader */.wA)((raw) => {
    const url = URL.parse(src/* text */.Qq.read(raw));
    const here = url !== null && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname);
    if (url?.protocol === 'https:' || (here && url.protocol === 'http:'))
        return raw;
    throw new src/* Mistake */.Fp('must be an https address', 'Whoever could change the answer on its way could let himself in.');
});
/** The inputs in the order of action.yml. */
const inputs = {
    host: hosts,
    'digitalocean-token': (0,src/* secret */.rJ)(src/* text */.Qq),
    port: (0,src/* integer */.nd)({ min: 1, max: 65_535 }),
    address: (0,src/* optional */.lq)(inputs_address),
    'address-url': asked,
    timeout: (0,src/* duration */.p0)({ min: 1000, max: 1_800_000 }),
    'api-url': apiInputs.apiUrl,
    'dry-run': src/* bool */.lc,
};
const accessOf = ({ digitaloceanToken: token, apiUrl: url }) => ({ token, url });
const outputs = (/* unused pure expression or super */ null && (['status', 'address', 'firewall-id']));


/***/ }),

/***/ 709:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   K$: () => (/* binding */ NOTHING),
/* harmony export */   OM: () => (/* binding */ keptMade),
/* harmony export */   XL: () => (/* binding */ byHand),
/* harmony export */   pK: () => (/* binding */ keepMade),
/* harmony export */   uu: () => (/* binding */ takeAway)
/* harmony export */ });
/* harmony import */ var _deploy_actions_digitalocean__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(401);
/* harmony import */ var _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(854);


const NOTHING = { names: [], ids: [] };
const STATE = 'made';
/**
 * Keeps it for the end of the job, with the token: in a composite action inside another one the runner evaluates the inputs of `post` in the context of
 * the outer one, where they are empty (actions/runner#2030), and SSH would stay open. The runner has the state in its memory, and gives it to this
 * step's `post` alone; actions/create-github-app-token keeps its token there as well. When there is nothing to delete, no token is kept.
 */
const keepMade = (runner, made, access) => runner.saveState(STATE, made.names.length === 0 ? '' : JSON.stringify({ ...made, access }));
/** Undefined when there is nothing to delete. */
function keptMade(runner) {
    const kept = runner.state(STATE);
    return kept === '' ? undefined : JSON.parse(kept);
}
/** One that was asked for at the last moment may come up a little later. */
const LOOKS = 3;
const PAUSE_MS = 3_000;
/** Deletes what was made. What cannot be deleted is a warning with the command: the job is what counts. @returns whether all is surely gone */
async function takeAway({ names, ids }, ports) {
    const known = new Set(ids);
    let search = [];
    let problem = '';
    if (ids.length < names.length)
        try {
            for (const id of await findByName(names, ids.length, ports))
                known.add(id);
        }
        catch (error) {
            problem = (0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error);
            search = names;
        }
    const left = new Set(known);
    for (const id of known)
        try {
            await (0,_deploy_actions_digitalocean__WEBPACK_IMPORTED_MODULE_1__/* .deleteFirewall */ .IC)(ports.transport, id);
            left.delete(id);
        }
        catch (error) {
            problem = (0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error);
        }
    if (problem !== '')
        ports.log.warning(`${problem}\n${byHand([...left], search)}`, 'DA-FIREWALL-LEFT');
    else if (known.size < names.length)
        ports.log.info(`${names.at(-1)} is not there, although nobody said that it was not made`);
    return problem === '' && known.size === names.length;
}
async function findByName(names, known, { transport, clock }) {
    for (let looks = 1;; looks += 1) {
        const found = (await (0,_deploy_actions_digitalocean__WEBPACK_IMPORTED_MODULE_1__/* .allFirewalls */ .fB)(transport)).filter(({ name }) => names.includes(name)).map(({ id }) => id);
        if (found.length > known || looks === LOOKS)
            return found;
        await clock.sleep(PAUSE_MS);
    }
}
/** How a person deletes them. @param names of those whose ids nobody knows */
function byHand(ids, names = []) {
    const command = ids.map((id) => `\`doctl compute firewall delete ${id} --force\``);
    const search = names.length === 0 ? [] : [`look under "Networking" → "Firewalls" for ${names.join(', ')}`];
    return `To close SSH to this runner again: ${[...command, ...search].join(', ')}.`;
}


/***/ }),

/***/ 167:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Ul: () => (/* binding */ isPublic),
/* harmony export */   Z0: () => (/* binding */ runnerAddress),
/* harmony export */   q2: () => (/* binding */ requireFamily)
/* harmony export */ });
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(30);
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_net__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(854);


const TRIES = 3;
const PAUSE_MS = 2_000;
const PATIENCE_MS = 10_000;
/** The address from which others see this runner, as a service says it. @throws UserError DA-ALLOW-SSH-ADDRESS */
async function runnerAddress(url, ports) {
    for (let tries = 1;; tries += 1) {
        const { address, problem } = await ask(url, ports);
        if (address !== undefined)
            return address;
        if (tries === TRIES)
            throw unknown(`${new URL(url).host} ${problem}`);
        await ports.clock.sleep(PAUSE_MS, ports.signal);
    }
}
async function ask(url, { fetch, signal }) {
    try {
        const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
        // What an address is redirected to would be believed as well.
        const response = await fetch(url, { redirect: 'error', signal: limit });
        if (!response.ok)
            return { problem: `answers with status ${response.status}` };
        const said = (await response.text()).trim();
        if ((0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(said) === 0)
            return { problem: `answers ${JSON.stringify(said.slice(0, 60))}, which is no address` };
        return isPublic(said) ? { address: said } : { problem: `sees ${said}, which is no public address` };
    }
    catch (error) {
        signal.throwIfAborted();
        const { cause } = error;
        return { problem: `cannot be asked: ${(0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_1__/* .messageOf */ .bD)(cause ?? error)}` };
    }
}
const unknown = (why) => new _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo('DA-ALLOW-SSH-ADDRESS', `it is not known from which address this runner is seen: ${why}`, {
    hint: 'Give `address`, or as `address-url` a service that answers with the address and nothing else.',
});
/**
 * Whether each host has an address of the family of the runner's: from another one it is seen at another address.
 * @throws UserError DA-ALLOW-SSH-ADDRESS
 */
function requireFamily(address, doors) {
    const other = doors.find(({ addresses }) => addresses.length > 0 && addresses.every((one) => (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(one) !== (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(address)));
    if (other === undefined)
        return;
    const [its, own] = (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv4)(address) ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6'];
    throw new _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo('DA-ALLOW-SSH-ADDRESS', `this runner is seen at ${address}, and ${other.host} has an ${its} address alone: there it has another one`, {
        hint: `Give \`address\`, or an \`address-url\` that is reached by ${its} alone; or as \`host\` an ${own} address of the droplet.`,
    });
}
/** Addresses that nobody out there has: private, of this machine, of a link, of carriers, for many (IANA's special-purpose registries). */
const NOT_PUBLIC = new node_net__WEBPACK_IMPORTED_MODULE_0__.BlockList();
for (const network of [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16', '224.0.0.0/3'],
    ...['::/127', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
]) {
    const [base = '', prefix] = network.split('/');
    NOT_PUBLIC.addSubnet(base, Number(prefix), (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv6)(base) ? 'ipv6' : 'ipv4');
}
/** Whether an address can be that of a runner as a droplet sees it; IPv4 in the clothes of IPv6 is none. */
const isPublic = (address) => !address.includes('%') && !/^::ffff:/i.test(address) && !NOT_PUBLIC.check(address, (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv6)(address) ? 'ipv6' : 'ipv4');


/***/ }),

/***/ 873:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   I: () => (/* binding */ dropletsTagged),
/* harmony export */   x: () => (/* binding */ allDroplets)
/* harmony export */ });
/* harmony import */ var _every_page_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(499);
/* harmony import */ var _json_value_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(636);


/** The droplets with a tag, by their names; those with one name by their age. */
async function dropletsTagged(transport, tag) {
    return sorted(await (0,_every_page_js__WEBPACK_IMPORTED_MODULE_0__/* .everyPage */ .L)(transport, `/v2/droplets?tag_name=${encodeURIComponent(tag)}`, 'droplets'));
}
/** Every droplet that the token sees, in the same order. */
async function allDroplets(transport) {
    return sorted(await (0,_every_page_js__WEBPACK_IMPORTED_MODULE_0__/* .everyPage */ .L)(transport, '/v2/droplets', 'droplets'));
}
function sorted(shown) {
    return shown.map(dropletIn).toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.id - b.id);
}
function dropletIn({ id, name, status, tags, networks }) {
    const all = (0,_json_value_js__WEBPACK_IMPORTED_MODULE_1__/* .isObject */ .Gv)(networks) ? [...(0,_json_value_js__WEBPACK_IMPORTED_MODULE_1__/* .objectsIn */ .Qv)(networks.v4), ...(0,_json_value_js__WEBPACK_IMPORTED_MODULE_1__/* .objectsIn */ .Qv)(networks.v6)] : [];
    const of = (type) => all.filter((one) => one.type === type).map((one) => (0,_json_value_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(one.ip_address));
    return {
        ...{ id: Number(id), name: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(name), status: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6)(status), tags: Array.isArray(tags) ? tags.map(_json_value_js__WEBPACK_IMPORTED_MODULE_1__/* .textOf */ .b6) : [] },
        addresses: { public: of('public').filter(Boolean), private: of('private').filter(Boolean) },
    };
}


/***/ }),

/***/ 499:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   L: () => (/* binding */ everyPage)
/* harmony export */ });
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(113);
/* harmony import */ var _json_value_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(636);


/** As many as the API gives at once. */
const PER_PAGE = 200;
/** All objects of a list that comes in pages. @param path with or without a query @param name of the list in the answer */
async function everyPage(transport, path, name) {
    const found = [];
    for (let page = 1;; page += 1) {
        const call = { method: 'GET', path: `${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=${PER_PAGE}` };
        const answer = await transport.send(call);
        // An account without any leaves the list out.
        if (!(0,_json_value_js__WEBPACK_IMPORTED_MODULE_0__/* .isObject */ .Gv)(answer))
            throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_1__/* .badResponse */ .pb)(call);
        found.push(...(0,_json_value_js__WEBPACK_IMPORTED_MODULE_0__/* .objectsIn */ .Qv)(answer[name]));
        const links = (0,_json_value_js__WEBPACK_IMPORTED_MODULE_0__/* .isObject */ .Gv)(answer.links) && (0,_json_value_js__WEBPACK_IMPORTED_MODULE_0__/* .isObject */ .Gv)(answer.links.pages) ? answer.links.pages : {};
        if (typeof links.next !== 'string' || links.next === '')
            return found;
    }
}


/***/ }),

/***/ 113:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   HB: () => (/* binding */ unreachable),
/* harmony export */   WC: () => (/* binding */ UnknownResult),
/* harmony export */   n5: () => (/* binding */ ApiRefusal),
/* harmony export */   pb: () => (/* binding */ badResponse),
/* harmony export */   q8: () => (/* binding */ unknownResult),
/* harmony export */   x5: () => (/* binding */ refusal),
/* harmony export */   xd: () => (/* binding */ rateLimited)
/* harmony export */ });
/* harmony import */ var _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(854);

/**
 * Nobody knows whether the API did what it was asked to: the connection broke after the request had gone out, or the answer was a 5xx.
 * Asking again could do it twice. Whoever sends something has to look what became of it.
 */
class UnknownResult extends _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo {
}
/** An answer with a status that says what is wrong. */
class ApiRefusal extends _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo {
    status;
    /** What the API said. */
    said;
    constructor(refused, ...[code, message, options]) {
        super(code, message, options);
        this.status = refused.status;
        this.said = refused.message;
    }
}
function refusal(refused) {
    const { status } = refused;
    const said = refused.message === '' ? '' : `: ${refused.message}`;
    const what = `${refused.method} ${refused.path}`;
    if (status === 401) {
        const hint = 'Make a new one on the page "API" of your account and store it as a secret of this environment. Tokens expire.';
        return new ApiRefusal(refused, 'DA-DO-AUTH', `DigitalOcean does not accept the token${said}`, { hint });
    }
    if (status === 403) {
        const hint = `Make a token with ${scopeOf(refused)} beside what it has, or with full access.`;
        return new ApiRefusal(refused, 'DA-DO-SCOPE', `the token may not do this (${what})${said}`, { hint });
    }
    const request = refused.requestId === '' ? '' : ` (request ${refused.requestId})`;
    const words = 'The words are those of the API.';
    const ofSpec = ' What is wrong with the spec stands there first come, first served: there may be more.';
    const hint = refused.path.startsWith('/v2/apps') ? words + ofSpec : words;
    return new ApiRefusal(refused, 'DA-DO-REFUSED', `DigitalOcean refuses ${what} with status ${status}${said}${request}`, { hint });
}
/** The scope that a call needs (digitalocean/openapi, `security` of each operation). */
function scopeOf({ method, path }) {
    if (path.endsWith('/docker-credentials'))
        return '`registry:read` and `registry:update`';
    if (path === '/v2/droplets')
        return '`droplet:read` and `tag:read`';
    const [, section = 'app'] = /^\/v2\/([a-z_]+)/.exec(path) ?? [];
    const thing = section === 'registries' ? 'registry' : section.replace(/s$/, '');
    if (/^\/v2\/load_balancers\/[^/]+\/droplets$/.test(path))
        return '`load_balancer:update`';
    if (method === 'GET' || path.endsWith('/propose'))
        return `\`${thing}:read\``;
    if (method === 'DELETE')
        return `\`${thing}:delete\``;
    if (method === 'POST' && path === '/v2/firewalls')
        return '`firewall:create`';
    return method === 'POST' && path === '/v2/apps' ? '`app:create` and `project:assign_resource`' : `\`${thing}:update\``;
}
function unreachable(problem) {
    const hint = 'Nothing is known to be wrong with your app. See status.digitalocean.com, and run again.';
    return new _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo('DA-DO-UNREACHABLE', `cannot reach DigitalOcean's API: ${reasonOf(problem)}`, { hint, cause: problem });
}
function unknownResult({ method, path }, problem) {
    const hint = `Look on the web page what became of ${path.startsWith('/v2/apps') ? 'the app' : 'it'} before you run again.`;
    const message = `nobody knows whether DigitalOcean did ${method} ${path}: ${reasonOf(problem)}`;
    return new UnknownResult('DA-DO-UNKNOWN-RESULT', message, { hint, cause: problem });
}
function rateLimited(seconds) {
    const when = seconds === undefined ? '' : `; it asks to wait ${Math.ceil(seconds)} s`;
    const hint = 'The limit is 5,000 requests an hour and 250 a minute for each token. Give parallel workflows tokens of their own.';
    return new _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo('DA-DO-RATE-LIMIT', `DigitalOcean answers no more requests of this token${when}`, { hint });
}
function badResponse({ method, path }) {
    const hint = 'Check `api-url`, and that no proxy answers in the place of the API.';
    return new _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo('DA-DO-RESPONSE', `the answer to ${method} ${path} is not what the API sends`, { hint });
}
/** fetch says only "fetch failed"; why is in its cause. */
function reasonOf(error) {
    if (typeof error === 'string')
        return error;
    const { cause, name } = error;
    if (name === 'TimeoutError')
        return 'it does not answer in time';
    return cause === undefined ? (0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error) : (0,_deploy_actions_kit__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(cause) || String(cause.code);
}


/***/ }),

/***/ 401:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   BY: () => (/* binding */ letsEverybodyIn),
/* harmony export */   C6: () => (/* binding */ letsIn),
/* harmony export */   IC: () => (/* binding */ deleteFirewall),
/* harmony export */   Vu: () => (/* binding */ firewallById),
/* harmony export */   fB: () => (/* binding */ allFirewalls),
/* harmony export */   fx: () => (/* binding */ isInForce),
/* harmony export */   hU: () => (/* binding */ covers),
/* harmony export */   lR: () => (/* binding */ DROPLETS_PER_FIREWALL),
/* harmony export */   te: () => (/* binding */ createFirewall)
/* harmony export */ });
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(30);
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_net__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _every_page_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(499);
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(113);
/* harmony import */ var _json_value_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(636);




/** A firewall takes no more droplets by their ids (docs.digitalocean.com/products/networking/firewalls/details/limits). */
const DROPLETS_PER_FIREWALL = 10;
async function allFirewalls(transport) {
    return (await (0,_every_page_js__WEBPACK_IMPORTED_MODULE_1__/* .everyPage */ .L)(transport, '/v2/firewalls', 'firewalls')).map(firewallIn);
}
async function firewallById(transport, id) {
    const call = { method: 'GET', path: `/v2/firewalls/${id}` };
    return answered(await transport.send(call), call);
}
const TRIES = 3;
const PAUSE_MS = 3_000;
/**
 * Makes a firewall that lets one address in. An answer that is lost may have been a success, so it is looked for by its name before it is asked for
 * again; a name is there once (409 `duplicate name`: harmony-one/harmony-ops#390), so it cannot be made twice.
 *
 * @throws UnknownResult when it may be there; ApiRefusal when it is not; UserError DA-DO-…
 */
async function createFirewall(transport, { name, dropletIds, port, address }, sleep) {
    const sources = { addresses: [(0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv6)(address) ? `${address}/128` : `${address}/32`] };
    const inbound = [{ protocol: 'tcp', ports: String(port), sources }];
    const body = { name, inbound_rules: inbound, droplet_ids: [...dropletIds] };
    const call = { method: 'POST', path: '/v2/firewalls' };
    let unsure;
    for (let tries = 1;; tries += 1) {
        try {
            return answered(await transport.send({ ...call, body }), call);
        }
        catch (error) {
            // After a lost answer no other one says that nothing was made: that the name is taken means that something was.
            if (error instanceof _failures_js__WEBPACK_IMPORTED_MODULE_2__/* .UnknownResult */ .WC)
                unsure = error;
            if (unsure === undefined)
                throw error;
        }
        await sleep(PAUSE_MS);
        const there = await allFirewalls(transport).catch(() => []);
        const found = there.find((one) => one.name === name);
        if (found !== undefined)
            return found;
        if (tries === TRIES)
            throw unsure;
    }
}
/** Deletes a firewall; one that is gone is fine. It puts something right, so a run that is cancelled does it too. */
async function deleteFirewall(transport, id) {
    try {
        await transport.send({ method: 'DELETE', path: `/v2/firewalls/${id}`, harmless: true, lastly: true });
    }
    catch (error) {
        if (!(error instanceof _failures_js__WEBPACK_IMPORTED_MODULE_2__/* .ApiRefusal */ .n5) || error.status !== 404)
            throw error;
    }
}
/** Whether a firewall is on a droplet, and stays there. */
function covers({ dropletIds, tags, pending }, droplet) {
    if (pending.some(({ dropletId, removing }) => removing && dropletId === droplet.id))
        return false;
    return dropletIds.includes(droplet.id) || tags.some((tag) => droplet.tags.includes(tag));
}
/** Whether what stands in it is in force on a droplet. */
const isInForce = ({ pending }, { id }) => !pending.some(({ dropletId }) => dropletId === id);
/** Whether this firewall lets an address in at a port, over TCP. */
const letsIn = (firewall, address, port) => sourcesOf(firewall, port).some((source) => holds(source, address));
/** Whether it lets everybody in there, of IPv4 or of IPv6. */
const letsEverybodyIn = (firewall, port) => sourcesOf(firewall, port).some((source) => source.endsWith('/0'));
const sourcesOf = ({ inbound }, port) => inbound.filter(({ protocol, ports }) => protocol === 'tcp' && hasPort(ports, port)).flatMap(({ addresses }) => addresses);
function hasPort(ports, port) {
    const [first = '', last = first] = ports.split('-');
    return ports === '0' || ports === 'all' || (Number(first) <= port && port <= Number(last));
}
function holds(source, address) {
    const [base = '', bits] = source.split('/');
    if ((0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(base) === 0 || (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(base) !== (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIP)(address))
        return false;
    const [family, longest] = (0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv6)(base) ? ['ipv6', 128] : ['ipv4', 32];
    const prefix = Number(bits ?? longest);
    if (!Number.isInteger(prefix) || prefix < 0 || prefix > longest)
        return false;
    const network = new node_net__WEBPACK_IMPORTED_MODULE_0__.BlockList();
    network.addSubnet(base, prefix, family);
    return network.check(address, family);
}
function answered(answer, call) {
    if (!(0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .isObject */ .Gv)(answer) || !(0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .isObject */ .Gv)(answer.firewall) || (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6)(answer.firewall.id) === '')
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .badResponse */ .pb)(call);
    return firewallIn(answer.firewall);
}
const firewallIn = (shown) => ({
    ...{ id: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6)(shown.id), name: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6)(shown.name), status: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6)(shown.status), createdAt: Date.parse((0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6)(shown.created_at)) },
    ...{ dropletIds: Array.isArray(shown.droplet_ids) ? shown.droplet_ids.map(Number) : [], tags: textsIn(shown.tags) },
    pending: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .objectsIn */ .Qv)(shown.pending_changes).map((one) => ({ dropletId: Number(one.droplet_id), removing: one.removing === true })),
    inbound: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .objectsIn */ .Qv)(shown.inbound_rules).map(({ protocol, ports, sources }) => ({
        ...{ protocol: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6)(protocol), ports: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6)(ports) },
        addresses: (0,_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .isObject */ .Gv)(sources) ? textsIn(sources.addresses) : [],
    })),
});
const textsIn = (value) => (Array.isArray(value) ? value.map(_json_value_js__WEBPACK_IMPORTED_MODULE_3__/* .textOf */ .b6) : []);


/***/ }),

/***/ 636:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Gv: () => (/* binding */ isObject),
/* harmony export */   Qv: () => (/* binding */ objectsIn),
/* harmony export */   b6: () => (/* binding */ textOf)
/* harmony export */ });
/* unused harmony exports sameJson, findBy */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** The objects of a list; whatever else stands there is passed over. */
const objectsIn = (value) => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value) => (typeof value === 'string' ? value : '');
/** Whether two values are the same, whatever the order of their keys. */
function sameJson(a, b) {
    if (Array.isArray(a) && Array.isArray(b))
        return a.length === b.length && a.every((one, at) => sameJson(one, b[at]));
    if (isObject(a) && isObject(b)) {
        const keys = Object.keys(a);
        return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]));
    }
    return a === b;
}
/** The first object of a list with this text under `key`. */
const findBy = (list, key, text) => objectsIn(list).find((one) => one[key] === text);


/***/ }),

/***/ 961:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   o: () => (/* binding */ Transport)
/* harmony export */ });
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(113);

const TRIES = 5;
/** Seconds that we are ready to wait when the API names a time. */
const LONGEST_WAIT = 120;
/** The connection was never made, so nothing can have been done. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];
/** DigitalOcean's API: one call at a time, counted, tried again only where that can do no harm. */
class Transport {
    /** Requests sent so far, those that were tried again included. */
    calls = 0;
    /** What is left of this hour's requests; undefined before the first answer. */
    remaining;
    #options;
    constructor(options) {
        this.#options = options;
    }
    /**
     * Sends a request and gives the JSON of the answer (null for an empty one). One that only reads is repeated when the API is unreachable, broken or
     * overloaded; one that changes something only when it surely was not done: 429, or no connection at all.
     *
     * @throws ApiRefusal for a status that says what is wrong; UnknownResult when a change may have been made;
     *   UserError DA-DO-UNREACHABLE, DA-DO-RATE-LIMIT, DA-DO-RESPONSE; the signal's reason when it aborts
     */
    async send(request) {
        const { clock, random = Math.random } = this.#options;
        const signal = request.lastly === true ? undefined : this.#options.signal;
        const harmless = request.method === 'GET' || request.harmless === true;
        for (let tries = 1;; tries += 1) {
            signal?.throwIfAborted();
            const outcome = await this.#once(request, signal);
            signal?.throwIfAborted();
            if ('body' in outcome && outcome.status < 400)
                return parsed(outcome.body, request);
            if ('body' in outcome && outcome.status < 500 && outcome.status !== 429)
                throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_0__/* .refusal */ .x5)(refusedBy(request, outcome));
            if (!harmless && isAmbiguous(outcome))
                throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_0__/* .unknownResult */ .q8)(request, 'error' in outcome ? outcome.error : said(outcome));
            const asked = 'body' in outcome ? waitAsked(outcome.headers, clock.now()) : undefined;
            if (tries === TRIES || (asked ?? 0) > LONGEST_WAIT)
                throw givenUp(outcome, asked);
            await clock.sleep(asked === undefined ? 1000 * 2 ** (tries - 1) * (0.5 + random()) : asked * 1000 + 250 * random(), signal);
        }
    }
    async #once({ method, path, body }, cancelled) {
        const { url, token, fetch, timeout = 60_000 } = this.#options;
        const limit = AbortSignal.timeout(timeout);
        const signal = cancelled === undefined ? limit : AbortSignal.any([limit, cancelled]);
        this.calls += 1;
        try {
            const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'deploy-actions' };
            const response = await fetch(`${url}${path}`, {
                method,
                signal,
                headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
                ...(body !== undefined && { body: JSON.stringify(body) }),
            });
            this.remaining = numberIn(response.headers, 'ratelimit-remaining') ?? this.remaining;
            return { status: response.status, headers: response.headers, body: await response.text() };
        }
        catch (error) {
            return { error };
        }
    }
}
/** A 5xx can come after the change was made (seen with create: digitalocean/app_action#130). */
function isAmbiguous(outcome) {
    if ('body' in outcome)
        return outcome.status >= 500;
    const { code } = (outcome.error.cause ?? {});
    return !NEVER_SENT.includes(String(code));
}
function refusedBy({ method, path }, { status, headers, body }) {
    let message = '';
    try {
        const { message: text } = JSON.parse(body);
        message = typeof text === 'string' ? text : '';
    }
    catch {
        // an error page of something in between
    }
    return { method, path: path.split('?')[0], status, message, requestId: headers.get('x-request-id') ?? '' };
}
function parsed(body, request) {
    if (body.trim() === '')
        return null;
    try {
        return JSON.parse(body);
    }
    catch {
        // Of a change nobody knows then whether it was the API that answered.
        throw request.method === 'GET' || request.harmless ? (0,_failures_js__WEBPACK_IMPORTED_MODULE_0__/* .badResponse */ .pb)(request) : (0,_failures_js__WEBPACK_IMPORTED_MODULE_0__/* .unknownResult */ .q8)(request, 'the answer is no JSON');
    }
}
const said = ({ status }) => `it answers with status ${status}`;
function givenUp(outcome, asked) {
    if ('error' in outcome)
        return (0,_failures_js__WEBPACK_IMPORTED_MODULE_0__/* .unreachable */ .HB)(outcome.error);
    return outcome.status === 429 ? (0,_failures_js__WEBPACK_IMPORTED_MODULE_0__/* .rateLimited */ .xd)(asked) : (0,_failures_js__WEBPACK_IMPORTED_MODULE_0__/* .unreachable */ .HB)(said(outcome));
}
/** Seconds to wait: `retry-after` (only sent for bursts), else until the oldest request leaves the window. */
function waitAsked(headers, now) {
    const after = numberIn(headers, 'retry-after');
    const reset = numberIn(headers, 'ratelimit-remaining') === 0 ? numberIn(headers, 'ratelimit-reset') : undefined;
    return after ?? (reset === undefined ? undefined : Math.max(1, reset - now / 1000));
}
function numberIn(headers, name) {
    const value = headers.get(name);
    return value !== null && /^\d+$/.test(value.trim()) ? Number(value) : undefined;
}


/***/ }),

/***/ 798:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  kl: () => (/* binding */ activeDroplets),
  p7: () => (/* binding */ readLookup)
});

// UNUSED EXPORTS: findHosts

// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __nccwpck_require__(30);
// EXTERNAL MODULE: ./packages/digitalocean/src/droplets.ts
var droplets = __nccwpck_require__(873);
// EXTERNAL MODULE: ./packages/kit/src/index.ts + 42 modules
var src = __nccwpck_require__(854);
// EXTERNAL MODULE: ./packages/digitalocean/src/every-page.ts
var every_page = __nccwpck_require__(499);
// EXTERNAL MODULE: ./packages/digitalocean/src/json-value.ts
var json_value = __nccwpck_require__(636);
;// CONCATENATED MODULE: ./packages/digitalocean/src/load-balancers.ts




/**
 * The load balancer of this id or name.
 * @throws UserError DA-DO-BALANCER where there is none, or several have the name
 */
async function findLoadBalancer(transport, idOrName) {
    const all = (await (0,every_page/* everyPage */.L)(transport, '/v2/load_balancers', 'load_balancers')).map(balancerIn);
    const found = all.filter(({ id, name }) => id === idOrName.toLowerCase() || name === idOrName);
    if (found.length === 1)
        return found[0];
    const hint = found.length > 1
        ? `Write the id instead: ${found.map(({ id }) => id).join(', ')}.`
        : `The token sees ${all.map(({ name }) => name).join(', ') || 'none at all: is it of the right team?'}`;
    throw new src/* UserError */.yo('DA-DO-BALANCER', `${found.length === 0 ? 'there is no' : `${found.length} are called like the`} load balancer ${idOrName}`, {
        hint,
    });
}
/** The droplets behind it now. */
async function membersOf(transport, id) {
    const call = { method: 'GET', path: `/v2/load_balancers/${id}` };
    const answer = await transport.send({ ...call, lastly: true });
    if (!isObject(answer) || !isObject(answer.load_balancer))
        throw badResponse(call);
    return balancerIn(answer.load_balancer).dropletIds;
}
/**
 * Adds droplets to a balancer, or removes them. The same again changes nothing, so it may be repeated. Without any it only shows whether the token may.
 * @throws ApiRefusal DA-DO-SCOPE, … ; UnknownResult
 */
async function changeMembers(transport, id, how, droplets) {
    const method = how === 'add' ? 'POST' : 'DELETE';
    await transport.send({
        method,
        path: `/v2/load_balancers/${id}/droplets`,
        body: { droplet_ids: [...droplets] },
        harmless: true,
        lastly: true,
    });
}
const balancerIn = ({ id, name, droplet_ids: members, tag, health_check: check, forwarding_rules: rules }) => ({
    ...{ id: (0,json_value/* textOf */.b6)(id), name: (0,json_value/* textOf */.b6)(name), tag: (0,json_value/* textOf */.b6)(tag) },
    dropletIds: Array.isArray(members) ? members.map(Number) : [],
    healthCheck: healthCheckIn((0,json_value/* isObject */.Gv)(check) ? check : {}),
    passesUnseen: (0,json_value/* objectsIn */.Qv)(rules).some(({ target_protocol: to, tls_passthrough: passed }) => to === 'tcp' || passed === true),
});
/** With the defaults of the API's description. */
function healthCheckIn(check) {
    const number = (name, otherwise) => (typeof check[name] === 'number' ? check[name] : otherwise);
    const interval = number('check_interval_seconds', 10);
    return {
        ...{ protocol: (0,json_value/* textOf */.b6)(check.protocol) || 'http', port: number('port', 80), path: (0,json_value/* textOf */.b6)(check.path) || '/' },
        noticesBadMs: (interval * number('unhealthy_threshold', 5) + number('response_timeout_seconds', 5) + 1) * 1000,
        noticesGoodMs: (interval * number('healthy_threshold', 3) + 1) * 1000,
    };
}

// EXTERNAL MODULE: ./packages/hosts/src/host.ts
var host = __nccwpck_require__(353);
;// CONCATENATED MODULE: ./packages/hosts/src/found-hosts.ts




/** What DigitalOcean takes for a tag, and for the name of a balancer. */
const NAMES = { 'droplet-tag': /^[\w:-]{1,255}$/, 'load-balancer': /^[A-Za-z0-9][A-Za-z0-9.-]{0,254}$/ };
/** The lookup of a line, or undefined for a host that is written out. @throws UserError DA-HOSTS-INVALID */
function readLookup(line) {
    const [, user, kind, name = ''] = /^(?:([^@]*)@)?(droplet-tag|load-balancer):(.*)$/.exec(line) ?? [];
    if (kind !== 'droplet-tag' && kind !== 'load-balancer')
        return undefined;
    if (!NAMES[kind].test(name))
        throw (0,host/* invalidHosts */.xR)([`"${line}" has ${kind === 'droplet-tag' ? 'a tag' : 'the name of a balancer'} that DigitalOcean does not take`]);
    if (user !== undefined)
        (0,host/* parseHost */.o6)(`${user}@droplet`, { user, port: 22 });
    return { line, user, kind, name };
}
/**
 * The lines of `host` with the droplets in the place of each lookup: those that are active, in the order of their names, each once.
 * @throws UserError DA-HOSTS-NONE, DA-HOSTS-ADDRESS, DA-DO-…
 */
async function findHosts(lines, access, ports) {
    const { digitaloceanToken: token = '', apiUrl: url = 'https://api.digitalocean.com', hostAddress = 'public' } = access;
    const transport = new Transport({ fetch, ...ports, url, token });
    const hosts = [];
    const written = new Set(lines.filter((line) => readLookup(line) === undefined).map((line) => line.replace(/^.*@/, '')));
    for (const line of lines) {
        const lookup = readLookup(line);
        if (lookup === undefined) {
            hosts.push({ line, name: line });
            continue;
        }
        const found = (await activeDroplets(lookup, transport, ports.log)).map((droplet) => hostAt(droplet, lookup, hostAddress));
        ports.log.info(`${line}: ${found.map(({ name }) => name).join(', ')}`);
        for (const { address, name } of found) {
            if (written.has(address))
                continue;
            written.add(address);
            hosts.push({ line: `${lookup.user === undefined ? '' : `${lookup.user}@`}${address}`, name });
        }
    }
    return hosts;
}
/** The droplets that a line stands for now: those that are active. @throws UserError DA-HOSTS-NONE, DA-DO-… */
const activeDroplets = async (lookup, transport, log) => activeOf(lookup, await dropletsOf(lookup, transport), log);
async function dropletsOf({ kind, name }, transport) {
    if (kind === 'droplet-tag')
        return (0,droplets/* dropletsTagged */.I)(transport, name);
    const { dropletIds, tag } = await findLoadBalancer(transport, name);
    // A balancer that follows a tag lists its members as well; whether before it has met them is not said.
    if (dropletIds.length === 0 && tag !== '')
        return (0,droplets/* dropletsTagged */.I)(transport, tag);
    return dropletIds.length === 0 ? [] : (await (0,droplets/* allDroplets */.x)(transport)).filter(({ id }) => dropletIds.includes(id));
}
/** What is switched off would fail the whole run, and gets the release with the next one. */
function activeOf({ line }, droplets, log) {
    const others = droplets.filter(({ status }) => status !== 'active').map(({ name, status }) => `${name} (${status})`);
    const active = droplets.filter(({ status }) => status === 'active');
    if (active.length === 0) {
        const there = others.length === 0 ? 'no droplet at all' : `only ${others.join(', ')}`;
        const hint = 'Check the name, and that the token is of the team that has the droplets. A run without a host would be green and have done nothing.';
        throw new src/* UserError */.yo('DA-HOSTS-NONE', `${line} has no active droplet: DigitalOcean shows ${there}`, { hint });
    }
    if (others.length > 0)
        log.warning(`${line}: ${others.join(', ')} left out, because only active droplets are used`);
    return active;
}
function hostAt({ name, addresses }, { line }, network) {
    const [address] = addresses[network];
    if (address === undefined) {
        const other = network === 'public' ? 'private' : 'public';
        const hint = `\`host-address: ${other}\` takes the other one, which this runner has to reach, by \`jump-host\` for example.`;
        throw new UserError('DA-HOSTS-ADDRESS', `the droplet ${name} of ${line} has no ${network} address`, { hint });
    }
    return { address: isIPv6(address) ? `[${address}]` : address, name: `${name} (${address})` };
}


/***/ }),

/***/ 353:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";
/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   OO: () => (/* binding */ canonicalIPv6),
/* harmony export */   o6: () => (/* binding */ parseHost),
/* harmony export */   tB: () => (/* binding */ parseHosts),
/* harmony export */   xR: () => (/* binding */ invalidHosts)
/* harmony export */ });
/* unused harmony export nameOf */
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(30);
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_net__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(854);


/** `user@host:port`, for messages. */
const nameOf = ({ user, host, port }) => `${user}@${isIPv6(host) ? `[${host}]` : host}:${port}`;
/**
 * Reads lines `[user@]host[:port]`, with IPv6 addresses in brackets. `defaults` fills in what a line leaves out.
 *
 * @throws UserError DA-HOSTS-INVALID listing every wrong line; a host and port that occurs twice is wrong, whoever logs in
 */
function parseHosts(lines, defaults) {
    const problems = [];
    const seen = new Map();
    for (const line of lines) {
        const host = readHost(line, defaults);
        if (typeof host === 'string') {
            problems.push(`"${line}" ${host}`);
            continue;
        }
        const place = `${host.host} ${host.port}`;
        if (seen.has(place))
            problems.push(`"${line}" is the same host as an earlier line`);
        seen.set(place, host);
    }
    if (problems.length > 0)
        throw invalidHosts(problems);
    return [...seen.values()];
}
/** One host, such as the input `jump-host`. @throws UserError DA-HOSTS-INVALID */
function parseHost(line, defaults) {
    const host = readHost(line, defaults);
    if (typeof host === 'string')
        throw invalidHosts([`"${line}" ${host}`]);
    return host;
}
const NAME = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$/;
/** The host, or what is wrong with the line. */
function readHost(line, defaults) {
    const text = line.trim();
    if (text.includes('://'))
        return 'has a scheme: leave `ssh://` out';
    const at = text.lastIndexOf('@');
    const user = at === -1 ? defaults.user : text.slice(0, at);
    const place = text.slice(at + 1);
    if ((0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv6)(place))
        return `needs brackets around the IPv6 address: [${place}]`;
    const [, bracketed, name = bracketed, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(place) ?? [];
    if (name === undefined || name === '')
        return 'is not `[user@]host[:port]`';
    if (!USER.test(user))
        return 'has a user name that no system accepts';
    if (bracketed !== undefined && !(0,node_net__WEBPACK_IMPORTED_MODULE_0__.isIPv6)(bracketed))
        return 'has something in brackets that is no IPv6 address';
    if (bracketed === undefined && !NAME.test(name.toLowerCase()))
        return 'has a host name with characters that no host name has';
    const port = digits === undefined ? defaults.port : Number(/^\d+$/.test(digits) ? digits : Number.NaN);
    if (!(port >= 1 && port <= 65_535))
        return 'has a port that is not a number from 1 to 65535';
    return { user, host: bracketed === undefined ? name.toLowerCase() : canonicalIPv6(bracketed), port };
}
/** One spelling for each address, so that duplicates and known_hosts entries are found. A zone such as `%eth0` stays. */
function canonicalIPv6(address) {
    const [plain = '', zone] = address.split('%', 2);
    const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1);
    return zone === undefined ? canonical : `${canonical}%${zone}`;
}
/** @param problems each continues the sentence "hosts cannot be read: …" */
function invalidHosts(problems) {
    const hint = 'Write each host on its own line, like `203.0.113.7`, `deploy@web1.example.com:2222`, `[2001:db8::7]:22`, `droplet-tag:web` or `load-balancer:shop`.';
    return new _deploy_actions_kit__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo('DA-HOSTS-INVALID', `hosts cannot be read: ${problems.join('; ')}`, { hint });
}


/***/ }),

/***/ 854:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

"use strict";

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  Fp: () => (/* reexport */ Mistake),
  yo: () => (/* reexport */ UserError),
  LU: () => (/* reexport */ atLeastOne),
  lc: () => (/* reexport */ bool),
  p0: () => (/* reexport */ duration),
  a3: () => (/* reexport */ formatDuration),
  nd: () => (/* reexport */ integer),
  Mn: () => (/* reexport */ lines),
  wC: () => (/* reexport */ matching),
  bD: () => (/* reexport */ messageOf),
  lq: () => (/* reexport */ optional),
  wA: () => (/* reexport */ reader),
  Cs: () => (/* reexport */ runAction),
  rJ: () => (/* reexport */ secret),
  Qq: () => (/* reexport */ readers_text)
});

// UNUSED EXPORTS: actionsExec, camelCase, columns, createLog, createOutputs, createSecrets, createSummary, each, formsOf, inputError, inputOf, json, list, nearest, oneOf, optionalText, pairs, parseDuration, passedOn, prefixed, readInputs, reportFailure, requireInputs, shellRunner, systemClock, tellingOnce, upstream

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
function parseDuration(written) {
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

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = require("node:fs");
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
;// CONCATENATED MODULE: external "node:http"
const external_node_http_namespaceObject = require("node:http");
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
            (0,external_node_fs_namespaceObject.appendFileSync)(env.GITHUB_STEP_SUMMARY, markdown);
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

/***/ 553:
/***/ ((module) => {

"use strict";
module.exports = require("node:dns/promises");

/***/ }),

/***/ 30:
/***/ ((module) => {

"use strict";
module.exports = require("node:net");

/***/ }),

/***/ 161:
/***/ ((module) => {

"use strict";
module.exports = require("node:os");

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
/******/ 	var __webpack_exports__ = __nccwpck_require__(334);
/******/ 	module.exports = __webpack_exports__;
/******/ 	
/******/ })()
;