// A WebSocket by hand (RFC 6455), which can break every rule of it.

import { randomBytes } from "node:crypto";
import { createConnection } from "node:net";
import { Inbox } from "./street.mjs";

export const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];

export class RawSocket {
  #inbox = new Inbox();
  #buffer = Buffer.alloc(0);
  #socket;

  /** After the handshake; `headers` come with it. */
  static async open(address, headers = {}, protocol = "graphql-transport-ws") {
    const raw = new RawSocket();
    const [host, port] = address.split(":");
    raw.#socket = createConnection({ host, port: Number(port) });
    const head = {
      host: address,
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": randomBytes(16).toString("base64"),
      ...(protocol === undefined ? {} : { "sec-websocket-protocol": protocol }),
      ...headers,
    };
    const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
    raw.#socket.write(`GET /graphql HTTP/1.1\r\n${lines.join("")}\r\n`);
    raw.#socket.on("data", (data) => raw.#read(data));
    raw.#socket.on("error", () => {});
    raw.#socket.on("close", () => raw.#inbox.put({ gone: true }));
    raw.head = (await raw.#inbox.take("the handshake")).head;
    return raw;
  }

  #read(data) {
    this.#buffer = Buffer.concat([this.#buffer, data]);
    if (this.head === undefined && !this.handshake) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.handshake = true;
      this.#inbox.put({ head: this.#buffer.subarray(0, end).toString() });
      this.#buffer = this.#buffer.subarray(end + 4);
    }
    for (let frame = this.#frame(); frame; frame = this.#frame()) this.#inbox.put(frame);
  }

  #frame() {
    const buffer = this.#buffer;
    if (buffer.length < 2) return undefined;
    let [size, at] = [buffer[1] & 127, 2];
    if (size === 126) [size, at] = [buffer.length < 4 ? Infinity : buffer.readUInt16BE(2), 4];
    else if (size === 127) [size, at] = [buffer.length < 10 ? Infinity : Number(buffer.readBigUInt64BE(2)), 10];
    if (buffer.length < at + size) return undefined;
    this.#buffer = buffer.subarray(at + size);
    return { opcode: buffer[0] & 15, payload: buffer.subarray(at, at + size) };
  }

  /** Sends one frame. */
  send(opcode, payload, { masked = true, last = true, reserved = 0 } = {}) {
    const body = Buffer.from(payload);
    const mask = masked ? randomBytes(4) : Buffer.alloc(0);
    const bit = masked ? 128 : 0;
    const length =
      body.length < 126 ? Buffer.from([bit | body.length]) : Buffer.concat([Buffer.from([bit | 127]), Buffer.alloc(8)]);
    if (body.length >= 126) length.writeBigUInt64BE(BigInt(body.length), 1);
    const sent = masked ? body.map((byte, at) => byte ^ mask[at % 4]) : body;
    this.#socket.write(Buffer.concat([Buffer.from([(last ? 128 : 0) | reserved | opcode]), length, mask, sent]));
  }

  say(message) {
    this.send(TEXT, JSON.stringify(message));
  }

  /** The next frame that is no keep-alive. */
  async next() {
    for (;;) {
      const frame = await this.#inbox.take("a frame");
      if (frame.opcode === PING) continue;
      return frame;
    }
  }

  async message() {
    const frame = await this.next();
    return frame.opcode === TEXT ? JSON.parse(frame.payload.toString()) : frame;
  }

  /** The code of the close, whatever comes before it; `undefined` when the peer hung up without one. */
  async closed() {
    for (;;) {
      const frame = await this.next();
      if (frame.gone) return undefined;
      if (frame.opcode === CLOSE) return frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0);
    }
  }

  end() {
    this.#socket.destroy();
  }
}
