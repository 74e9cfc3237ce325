/* SQUEEZE: the output's shape says which axes of extent 1 go. */
#include "walk.h"

const struct inference_operator inference_squeeze = { 43, "SQUEEZE", prepare_copy, run_copy };
