/* The network as it was exported, byte for byte. */
  .section .rodata.model, "a"
  .balign 16
  .global model_start, model_end
model_start:
  .incbin "model.tflite"
model_end:
