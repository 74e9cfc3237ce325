/** Properties are tried on the same inputs every time; `PROPERTY_SEED` tries others. The seed is in each failure message. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 20_261_120) });
