"""
Writes and reads flatbuffers described by a table of fields; the standard library is all it needs.

Source of the format: FlatBuffers documentation, "FlatBuffer Internals" (tables, vtables, vectors, unions).

A schema is a dict: name of a table -> list of fields (name, type, default), in the order of their numbers. Types: a scalar
(`SCALARS`), 'string', the name of a table, or either in brackets for a vector; '[ubyte]16' is a vector whose first element lies at a
multiple of 16 bytes. A union is two fields, as in the format itself: the kind, then 'union', whose table the kind names.
"""

import struct

SCALARS = {
    'bool': '?', 'byte': 'b', 'ubyte': 'B', 'short': 'h', 'ushort': 'H', 'int': 'i', 'uint': 'I',
    'long': 'q', 'ulong': 'Q', 'float': 'f',
}
SIZE = {name: struct.calcsize(letter) for name, letter in SCALARS.items()}


class FlatbufferError(ValueError):
    """What cannot be written, or is not the flatbuffer that the schema describes."""


# ---- Writing. Objects lie in the order in which they are met, each after the table that points to it: offsets are positive, and
# the same input always gives the same bytes.

class _Writer:
    def __init__(self, schema, unions):
        self.schema, self.unions = schema, unions
        self.out = bytearray()
        self.vtables = {}
        self.pending = []                    # (where the offset goes, type, value)

    def align(self, boundary, ahead=0):
        """Pads so that what is written after `ahead` more bytes lies at a multiple of `boundary`."""
        self.out.extend(bytes(-(len(self.out) + ahead) % boundary))

    def finish(self, root, value, identifier):
        self.out.extend(bytes(4) + identifier)
        self.pending.append((0, root, value))
        while self.pending:
            batch, self.pending = self.pending, []
            for at, kind, item in batch:
                start = self.object(kind, item)
                struct.pack_into('<I', self.out, at, start - at)
        self.align(16)
        return bytes(self.out)

    def object(self, kind, value):
        if kind == 'string':
            return self.string(value)
        if kind.startswith('['):
            return self.vector(kind, value)
        return self.table(kind, value)

    def string(self, value):
        encoded = value.encode('utf-8')
        self.align(4)
        start = len(self.out)
        self.out.extend(struct.pack('<I', len(encoded)) + encoded + b'\0')
        return start

    def vector(self, kind, value):
        element, _, alignment = kind[1:].partition(']')
        scalar = SCALARS.get(element)
        self.align(int(alignment) if alignment else max(4, SIZE.get(element, 4)), ahead=4)
        start = len(self.out)
        self.out.extend(struct.pack('<I', len(value)))
        if element in ('byte', 'ubyte') and isinstance(value, (bytes, bytearray)):
            self.out.extend(value)
        elif scalar:
            self.out.extend(struct.pack(f'<{len(value)}{scalar}', *value))
        else:
            for index, item in enumerate(value):
                self.pending.append((start + 4 + 4 * index, element, item))
            self.out.extend(bytes(4 * len(value)))
        return start

    def table(self, kind, value):
        fields = self.schema[kind]
        unknown = set(value) - {name for name, _, _ in fields}
        if unknown:
            raise FlatbufferError(f'{kind} has no field {", ".join(sorted(unknown))}')
        present = []
        for number, (name, type_, default) in enumerate(fields):
            item = value.get(name)
            if item is not None and not (type_ in SCALARS and item == default):
                present.append((number, name, type_, item))

        # Wide fields first, so that none needs padding but at the start; the vtable says where each is.
        offset, places = 4, {}
        for number, _, type_, _ in sorted(present, key=lambda field: -SIZE.get(field[2], 4)):
            size = SIZE.get(type_, 4)
            offset += -offset % size
            places[number] = offset
            offset += size
        boundary = max([4] + [SIZE.get(type_, 4) for _, _, type_, _ in present])
        count = max(places) + 1 if places else 0
        vtable = struct.pack(f'<{2 + count}H', 4 + 2 * count, offset, *(places.get(number, 0) for number in range(count)))

        if vtable not in self.vtables:
            self.align(2)
            self.vtables[vtable] = len(self.out)
            self.out.extend(vtable)
        self.align(boundary)
        start = len(self.out)
        self.out.extend(bytes(offset))
        struct.pack_into('<i', self.out, start, start - self.vtables[vtable])
        for number, name, type_, item in present:
            at = start + places[number]
            if type_ in SCALARS:
                struct.pack_into(f'<{SCALARS[type_]}', self.out, at, item)
            else:
                table = self.unions[value[f'{name}_type']] if type_ == 'union' else type_
                self.pending.append((at, table, item))
        return start


def write(schema, unions, root, value, identifier):
    """
    The bytes of a flatbuffer.
    value: dicts by field name for tables, sequences for vectors, str, numbers. None and absent fields are left out.
    unions: the table of each kind, by number. identifier: four bytes.
    Raises FlatbufferError for an unknown field, struct.error for a number out of its type's range.
    """
    return _Writer(schema, unions).finish(root, value, identifier)


# ---- Reading.

class _Reader:
    def __init__(self, schema, unions, data):
        self.schema, self.unions, self.data = schema, unions, data

    def number(self, letter, at):
        try:
            return struct.unpack_from('<' + letter, self.data, at)[0] if at >= 0 else None
        except struct.error:
            raise FlatbufferError(f'an offset leaves the file: byte {at} of {len(self.data)}') from None

    def follow(self, at):
        return at + self.number('I', at)

    def object(self, kind, at):
        if kind == 'string':
            length = self.number('I', at)
            return self.slice(at + 4, length).decode('utf-8', 'replace')
        if kind.startswith('['):
            return self.vector(kind, at)
        return self.table(kind, at)

    def slice(self, at, length):
        if at + length > len(self.data):
            raise FlatbufferError(f'an offset leaves the file: byte {at + length} of {len(self.data)}')
        return bytes(self.data[at:at + length])

    def vector(self, kind, at):
        element = kind[1:].partition(']')[0]
        count = self.number('I', at)
        if element == 'ubyte':
            return self.slice(at + 4, count)
        if element in SCALARS:
            return list(struct.unpack(f'<{count}{SCALARS[element]}', self.slice(at + 4, count * SIZE[element])))
        self.slice(at + 4, 4 * count)
        return [self.object(element, self.follow(at + 4 + 4 * index)) for index in range(count)]

    def table(self, kind, at):
        vtable = at - self.number('i', at)
        slots = (self.number('H', vtable) - 4) // 2
        value = {}
        for number, (name, type_, default) in enumerate(self.schema[kind]):
            place = self.number('H', vtable + 4 + 2 * number) if number < slots else 0
            if type_ in SCALARS:
                value[name] = self.number(SCALARS[type_], at + place) if place else default
            elif place == 0:
                value[name] = None
            else:
                # A kind of a union that the schema does not describe is read as None.
                table = self.unions.get(value[f'{name}_type']) if type_ == 'union' else type_
                value[name] = None if table is None else self.object(table, self.follow(at + place))
        return value


def read(schema, unions, root, data, identifier):
    """
    What write() takes, with every field named: absent scalars have their default, all else that is absent is None.
    Raises FlatbufferError for other bytes than a flatbuffer of that root and identifier.
    """
    if data[4:8] != identifier:
        raise FlatbufferError(f'the identifier is {bytes(data[4:8])!r}, not {identifier!r}')
    reader = _Reader(schema, unions, data)
    return reader.table(root, reader.follow(0))
