/* The network as it was trained: the file itself, 16-byte aligned. */
__asm__(
  ".section .rodata.model, \"a\"\n"
  ".balign 16\n"
  ".global model, model_end\n"
  "model:\n"
  ".incbin \"model.tflite\"\n"
  "model_end:\n"
);
