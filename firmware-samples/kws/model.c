/* The network as it was trained: the file itself, 16-byte aligned. */
__asm__(
  ".section .rodata.model, \"a\"\n"
  ".balign 16\n"
  ".global model_start, model_end\n"
  "model_start:\n"
  ".incbin \"model.tflite\"\n"
  "model_end:\n"
);
