import { crc32 } from 'node:zlib';

/** A zip archive whose entries, `[name, content, mode]`, are stored as they are. */
export function zipOf(entries) {
  const locals = [], central = [];
  let at = 0;
  for (const [name, content, mode = 0o100644] of entries) {
    const title = Buffer.from(name), data = Buffer.from(content);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(title.length, 22);
    const record = Buffer.alloc(46);
    record.write('PK\x01\x02', 'latin1');
    record.writeUInt16LE(3 << 8 | 20, 4);
    fields.copy(record, 6, 0, 24);
    record.writeUInt32LE((mode << 16) >>> 0, 38);
    record.writeUInt32LE(at, 42);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), fields, title, data);
    central.push(record, title);
    at += 30 + title.length + data.length;
  }
  const directory = Buffer.concat(central), end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}
