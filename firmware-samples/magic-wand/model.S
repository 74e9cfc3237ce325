/* The file as the trainer wrote it. */
  .file "model.S"
  .section .rodata.model, "a"
  .balign 16
  .global model, model_end
model:
  .incbin "model.tflite"
model_end:
