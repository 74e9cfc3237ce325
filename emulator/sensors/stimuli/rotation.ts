/** Vectors of a stimulus turned in space: for boards that are mounted askew. */
import { QUANTITIES, type Quantity } from '../inputs.js';
import { channelAt, rateOf, type Channel, type ChannelName, type Material } from './material.js';

/** Rows of a matrix that turns column vectors. */
export type Rotation = readonly (readonly number[])[];
type Turn = { readonly euler: readonly number[] } | { readonly axis: readonly number[]; readonly degrees: number };

const VECTORS = ['acceleration', 'rotation', 'magneticField'] as const;
const AXES = ['x', 'y', 'z'] as const;

/** Right-handed. Euler angles: about x, then y, then z, of axes that stay where they are. */
export function rotationOf(turn: Turn): Rotation {
  if ('axis' in turn) return aboutAxis(turn.axis, turn.degrees);
  const [x, y, z] = turn.euler.map((degrees, i) => aboutAxis([0, 1, 2].map((axis) => (axis === i ? 1 : 0)), degrees));
  return product(z, product(y, x));
}

/** Rodrigues' formula. */
function aboutAxis(axis: readonly number[], degrees: number): Rotation {
  const length = Math.hypot(...axis);
  const [x, y, z] = axis.map((part) => part / length);
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const rest = 1 - cos;
  return [
    [cos + x * x * rest, x * y * rest - z * sin, x * z * rest + y * sin],
    [y * x * rest + z * sin, cos + y * y * rest, y * z * rest - x * sin],
    [z * x * rest - y * sin, z * y * rest + x * sin, cos + z * z * rest],
  ];
}

function product(a: Rotation, b: Rotation): Rotation {
  return a.map((row) => [0, 1, 2].map((column) => row.reduce((sum, factor, i) => sum + factor * b[i][column], 0)));
}

/** Every vector of which the material has an axis, with all three. */
export function rotated(material: Material, rotation: Rotation): Material {
  const channels = new Map<ChannelName, Channel>(material.channels);
  for (const vector of VECTORS) {
    const names = AXES.map((axis): Quantity => `${vector}.${axis}`);
    const found = names.map((name) => material.channels.get(name));
    const present = found.filter((channel) => channel !== undefined);
    if (present.length === 0) continue;
    const hz = Math.max(...present.map(rateOf));
    const part = (axis: number, seconds: number): number => {
      const channel = found[axis];
      return channel === undefined ? QUANTITIES[names[axis]].still : channelAt(channel, seconds);
    };
    names.forEach((name, row) => channels.set(name, {
      kind: 'function', hz, valueAt: (t) => rotation[row][0] * part(0, t) + rotation[row][1] * part(1, t) + rotation[row][2] * part(2, t),
    }));
  }
  return { ...material, channels };
}
