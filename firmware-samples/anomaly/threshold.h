/* Written by training/train.py: 99.5% of the runs learnt from lie below; in thousandths of octaves squared. */
enum { THRESHOLD = 304 };
